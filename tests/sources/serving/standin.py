"""A stand-in for `tensorflow_model_server`, which no package registry has.

    python -m tests.sources.serving.standin --models FOLDER [--port 8500] [--rest-port 8501]

The gRPC service classes are the generated ones of tensorflow-serving-api, the models are real.
"""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import click
import grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from tests.sources.serving.rest_face import Handler
from tests.sources.serving.servables import Fault, Servables


def _answering(function: Callable[[Any], Any], request: Any, context: grpc.ServicerContext) -> Any:
    try:
        return function(request)
    except Fault as fault:
        context.abort(fault.code, fault.message)


class _Predictions(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, servables: Servables) -> None:
        self._servables = servables

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answering(self._servables.predict, request, context)

    def Classify(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answering(self._servables.classify, request, context)

    def Regress(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answering(self._servables.regress, request, context)

    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answering(self._servables.metadata, request, context)


class _Models(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, servables: Servables) -> None:
        self._servables = servables

    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _answering(self._servables.status, request, context)


class _Http(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self._open: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, caller = super().get_request()
        self._open.append(connection)
        return connection, caller

    def hang_up(self) -> None:
        """End kept connections as well, as a server that stops does."""
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class StandIn:
    """Both faces over the models in a folder, on 127.0.0.1."""

    def __init__(
        self,
        models: Path,
        grpc_port: int = 0,
        rest_port: int = 0,
        servables: Servables | None = None,
    ) -> None:
        """``servables``: those of ``models``, where they are loaded already."""
        self.servables = servables or Servables(models)
        self._grpc = grpc.server(
            ThreadPoolExecutor(8),
            options=[
                ("grpc.max_receive_message_length", -1),
                ("grpc.max_send_message_length", -1),
            ],
        )
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            _Predictions(self.servables), self._grpc
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            _Models(self.servables), self._grpc
        )
        self.grpc_port = self._grpc.add_insecure_port(f"127.0.0.1:{grpc_port}")
        handler = type("Handler", (Handler,), {"servables": self.servables})
        self._http = _Http(("127.0.0.1", rest_port), handler)
        self.rest_port = self._http.server_address[1]

    def rest(self, rest: str) -> str:
        return f"tfserving://127.0.0.1:{self.rest_port}/{rest}"

    def grpc(self, rest: str) -> str:
        return f"grpc://127.0.0.1:{self.grpc_port}/{rest}"

    def start(self) -> None:
        self._grpc.start()
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._grpc.stop(None).wait()
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()


@contextmanager
def standing_in(models: Path) -> Iterator[StandIn]:
    server = StandIn(models)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@click.command()
@click.option("--models", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--port", default=8500, show_default=True)
@click.option("--rest-port", default=8501, show_default=True)
def main(models: Path, port: int, rest_port: int) -> None:
    """Serve until interrupted."""
    server = StandIn(models, port, rest_port)
    server.start()
    click.echo(f"gRPC on {server.grpc_port}, REST on {server.rest_port}")
    threading.Event().wait()


if __name__ == "__main__":
    main()
