"""`/api/v1`, its OpenAPI document, and `/api`, the page to try it."""

from app.api.routes import developer_api

__all__ = ["developer_api"]
