"""The world is closed around tests."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError


@pytest.mark.filterwarnings("ignore:A test tried")
def test_no_network_but_loopback() -> None:
    with socket.socket() as connection, pytest.raises(SocketConnectBlockedError):
        connection.connect(("192.0.2.1", 9))


def test_no_key_and_no_home_folder_of_the_machine() -> None:
    assert not [name for name in os.environ if name.startswith("ORQ_")]
    assert not (Path.home() / ".gitconfig").exists()
