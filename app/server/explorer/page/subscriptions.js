// One subscription over a WebSocket of its own, in the graphql-transport-ws protocol.

/** An observable of answers, as GraphiQL takes it. The key and headers travel in the first message: sockets have none. */
export function subscribeGateway(headers, request) {
  return {
    subscribe(observer) {
      const socket = new WebSocket(location.href.replace(/^http/, 'ws').replace(/[?#].*/, ''), 'graphql-transport-ws');
      const send = (message) => socket.send(JSON.stringify(message));
      let ended = false;
      const end = (last) => {
        if (ended) return;
        ended = true;
        last?.();
        socket.close(1000);
      };
      const react = {
        connection_ack: () => send({ id: '1', type: 'subscribe', payload: request }),
        ping: () => send({ type: 'pong' }),
        next: (payload) => observer.next(payload),
        error: (errors) => end(() => observer.error({ errors })),
        complete: () => end(() => observer.complete()),
      };
      socket.onopen = () => send({ type: 'connection_init', payload: headers });
      socket.onmessage = ({ data }) => {
        const { type, payload } = JSON.parse(data);
        if (!ended) react[type]?.(payload);
      };
      socket.onclose = ({ code, reason }) => end(() => observer.error({
        errors: [{ message: `The subscription was closed (${code}): ${reason || 'the gateway cannot be reached'}` }],
      }));
      return { unsubscribe: () => end() };
    },
  };
}
