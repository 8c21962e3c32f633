"""The demo shop: a veterinary retailer with negotiated prices, account managers and loyalty points.

Everything goes in through the operations that the API calls. `content` says what; `loading` puts it there.
"""

from app.demo.loading import ensure

__all__ = ["ensure"]
