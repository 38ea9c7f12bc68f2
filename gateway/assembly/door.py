"""Who may call the API, and how it is reached."""

from __future__ import annotations

from importlib import metadata

from config.load import Home
from gateway.api.door import ApiClient, ApiDoor, new_token_key
from gateway.assembly.offices import partners_again, shelf_of


def api_door(home: Home) -> ApiDoor:
    """Who may call the API, and how it is reached."""
    api = home.settings.api
    clients = tuple(
        ApiClient(id=client.id, roles=client.roles, secret_hash=client.secret_hash, certificate=client.certificate)
        for client in home.settings.clients
    )
    return ApiDoor(
        token_key=new_token_key(), clients=clients, token_minutes=api.token_minutes, public_url=api.public_url,
        version=metadata.version("spoc-gateway"), office_name=home.settings.office.name,
        read_partners=lambda: partners_again(home), shelf=shelf_of(home),
    )  # fmt: skip
