"""RemoteMonitor: the logs of every epoch to a server."""

import json
import warnings

import numpy as np

from cycnn.callbacks.callback import Callback


class RemoteMonitor(Callback):
    """Posts the number of each epoch, its loss and its metrics to a server.

    Args:
        root: address of the server.
        path: what follows the address.
        field: name of the form's field that holds the JSON.
        headers: dictionary of further HTTP headers.
        send_as_json: whether the JSON is the body itself, and no form.

    Raises:
        ValueError: `root` begins neither with http:// nor with https://.
    """

    def __init__(self, root="http://localhost:9000", path="/publish/epoch/end/", field="data", headers=None,
                 send_as_json=False):  # fmt: skip
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"`root` must begin with http:// or https://. Received: root={root!r}.")
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch, logs=None):
        # Not with the module: they cost more time than all other callbacks together.
        import http.client
        import urllib.parse
        import urllib.request

        logs = {name: np.asarray(value).tolist() for name, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **logs})
        if self.send_as_json:
            body, kind = text, "application/json"
        else:
            body, kind = urllib.parse.urlencode({self.field: text}), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **(self.headers or {})}
        request = urllib.request.Request(self.root + self.path, body.encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request):
                pass
        except (OSError, http.client.HTTPException) as error:
            warnings.warn(f"RemoteMonitor could not post to {self.root + self.path}: {error}.", stacklevel=2)
