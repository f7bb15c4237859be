"""Holds a raw answer against botocore's model of the operation.

For an answer: no member the model does not have, every value of the member's type, required members
there, timestamps readable. For an error: a code the operation models, with the status it models, or
one that any operation may give. What is wrong is raised as `AnswerError` from within botocore's
call, so the test fails at the line that made the call.
"""

import base64
import binascii
import json
import xml.etree.ElementTree as ElementTree

from botocore.utils import parse_timestamp

# Operations called so far, by service.
called = {}

# Codes no model lists because any operation may give them (IAM API Reference, "Common Errors", and
# its like of the other services).
COMMON_ERRORS = {
    "query": {
        "AccessDenied": 403,
        "ExpiredToken": 403,
        "IncompleteSignature": 400,
        "InvalidAction": 400,
        "InvalidClientTokenId": 403,
        "MissingAction": 400,
        "MissingAuthenticationToken": 403,
        "SignatureDoesNotMatch": 403,
        "Throttling": 400,
        "ValidationError": 400,
    },
    "rest-json": {
        "AccessDeniedException": 403,
        "ExpiredTokenException": 403,
        "IncompleteSignatureException": 400,
        "InternalFailure": 500,
        "InvalidSignatureException": 403,
        "MissingAuthenticationTokenException": 403,
        "SerializationException": 400,
        "ThrottlingException": 429,
        "UnknownOperationException": 404,
        "UnrecognizedClientException": 403,
        "ValidationException": 400,
    },
    "json": {
        "AccessDeniedException": None,
        "ExpiredTokenException": None,
        "IncompleteSignatureException": None,
        "InvalidSignatureException": None,
        "MissingAuthenticationTokenException": None,
        "SerializationException": None,
        "ThrottlingException": None,
        "UnknownOperationException": None,
        "UnrecognizedClientException": None,
        "ValidationException": None,
    },
}

# Values real answers have and the model does not: IAM gives policies of a simulation types of its own
# (soto-project/soto#230), and calls a boundary's type `Policy` (AWS CLI Command Reference, examples).
BEYOND_THE_MODEL = {
    "PolicySourceType": {"IAM Policy", "Resource Policy"},
    "PermissionsBoundaryAttachmentType": {"Policy"},
}

# Errors real answers have and the model does not: EKS reads the policies of a node's entry with this
# one (aws-controllers-k8s/community#2144).
ERRORS_BEYOND_THE_MODEL = {
    "eks:ListAssociatedAccessPolicies": {"InvalidParameterException": 400},
}

# Services whose model lists no errors at all.
UNMODELLED = {"ec2", "s3"}


class AnswerError(AssertionError):
    """An answer that its model does not allow."""


def check(operation_model, response_dict, **_):
    """A handler of botocore's event `before-parse`."""
    service = operation_model.service_model
    called.setdefault(service.service_name, set()).add(operation_model.name)
    problems = []
    if response_dict["status_code"] >= 300:
        _check_error(operation_model, response_dict, problems)
    else:
        _check_output(operation_model, response_dict, problems)
    if problems:
        body = response_dict["body"]
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else "(a stream)"
        listed = "\n  ".join(problems)
        raise AnswerError(
            f"{service.service_name}:{operation_model.name} answered what its model does not allow:\n"
            f"  {listed}\n{text[:4000]}"
        )


def _protocol(operation_model):
    return operation_model.service_model.resolved_protocol


# Errors


def _check_error(operation_model, response, problems):
    service = operation_model.service_model.service_name
    status = response["status_code"]
    if service == "s3" and not response["body"]:
        return
    code, message = _error_of(operation_model, response, problems)
    if code is None:
        return
    if not message and service != "s3":
        problems.append(f"error {code} has no message")
    if service in UNMODELLED:
        return
    modelled = {}
    for shape in operation_model.error_shapes:
        error = shape.metadata.get("error", {})
        modelled[error.get("code", shape.name)] = error.get("httpStatusCode")
    modelled.update(ERRORS_BEYOND_THE_MODEL.get(f"{service}:{operation_model.name}", {}))
    common = COMMON_ERRORS[_protocol(operation_model)]
    if code in modelled:
        expected = modelled[code]
    elif code in common:
        expected = common[code]
    else:
        problems.append(f"error {code} is none of {sorted(modelled)} and no common one")
        return
    if expected is not None and status != expected:
        problems.append(f"error {code} came with status {status}, not {expected}")


def _error_of(operation_model, response, problems):
    protocol = _protocol(operation_model)
    body = response["body"]
    if protocol in ("query", "ec2", "rest-xml"):
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError as error:
            problems.append(f"the error is no XML: {error}")
            return None, None
        found = {_local(node): node.text for node in root.iter() if not len(node)}
        if not (found.get("RequestId") or found.get("RequestID")):
            problems.append("the error has no request id")
        if "Code" not in found:
            problems.append("the error has no code")
        return found.get("Code"), found.get("Message")
    try:
        fields = json.loads(body)
    except ValueError as error:
        problems.append(f"the error is no JSON: {error}")
        return None, None
    headers = {name.lower(): value for name, value in response["headers"].items()}
    code = headers.get("x-amzn-errortype") or fields.get("__type") or fields.get("code")
    if code is None:
        problems.append("the error has no code")
        return None, None
    message = fields.get("message") or fields.get("Message")
    return code.split(":")[0].rsplit("#")[-1], message


# Outputs


def _check_output(operation_model, response, problems):
    shape = operation_model.output_shape
    protocol = _protocol(operation_model)
    if operation_model.has_streaming_output:
        return
    if protocol == "rest-xml":
        _check_rest_xml_output(operation_model, response, problems)
        return
    if shape is not None and shape.serialization.get("payload"):
        return
    if protocol in ("query", "ec2"):
        _check_xml_output(operation_model, response, problems)
        return
    body = response["body"]
    if shape is None:
        if body.strip() not in (b"", b"{}"):
            problems.append(f"there is no output, but a body: {body[:200]!r}")
        return
    try:
        value = json.loads(body) if body.strip() else {}
    except ValueError as error:
        problems.append(f"the answer is no JSON: {error}")
        return
    # Members that come in headers are not in the body.
    elsewhere = {n for n, s in shape.members.items() if s.serialization.get("location")}
    _json_structure(shape, value, operation_model.name, problems, elsewhere)


def _check_xml_output(operation_model, response, problems):
    name = operation_model.name
    try:
        root = ElementTree.fromstring(response["body"])
    except ElementTree.ParseError as error:
        problems.append(f"the answer is no XML: {error}")
        return
    if _local(root) != f"{name}Response":
        problems.append(f"the answer's element is {_local(root)}")
    service = operation_model.service_model
    namespace = service.metadata.get("xmlNamespace")
    if _protocol(operation_model) == "ec2":
        namespace = f"http://ec2.amazonaws.com/doc/{service.api_version}/"
    if namespace and not root.tag.startswith("{" + namespace + "}"):
        problems.append(f"the answer's namespace is not {namespace}: {root.tag}")
    shape = operation_model.output_shape
    nodes = {_local(node): node for node in root}
    if _protocol(operation_model) == "ec2":
        if "requestId" not in nodes:
            problems.append("the answer has no requestId")
        rest = [node for node in root if _local(node) != "requestId"]
        if shape is not None:
            _xml_structure(shape, rest, name, problems)
        # Operations without output answer `return`.
        elif [_local(node) for node in rest] not in ([], ["return"]):
            problems.append(f"there is no output, but {[_local(node) for node in rest]}")
        return
    metadata = nodes.pop("ResponseMetadata", None)
    if metadata is None or metadata.find("{*}RequestId") is None:
        problems.append("the answer has no request id")
    if shape is None:
        if nodes:
            problems.append(f"there is no output, but {sorted(nodes)}")
        return
    wrapper = shape.serialization.get("resultWrapper")
    if sorted(nodes) != [wrapper]:
        problems.append(f"the answer has {sorted(nodes)} where {wrapper} must be")
        return
    _xml_structure(shape, list(nodes[wrapper]), name, problems)


def _check_rest_xml_output(operation_model, response, problems):
    """S3: the root element holds the members that are not in headers."""
    shape = operation_model.output_shape
    name = operation_model.name
    # Its one member is the text of the root element itself.
    if shape is None or name == "GetBucketLocation":
        return
    # Members that come in headers are not in the body.
    elsewhere = {n for n, s in shape.members.items() if s.serialization.get("location")}
    payload = shape.serialization.get("payload")
    if payload is not None:
        shape, elsewhere = shape.members[payload], set()
        if shape.type_name != "structure":
            return
    nodes = []
    if response["body"].strip():
        try:
            nodes = list(ElementTree.fromstring(response["body"]))
        except ElementTree.ParseError as error:
            problems.append(f"the answer is no XML: {error}")
            return
    _xml_structure(shape, nodes, name, problems, elsewhere)


def _local(node):
    return node.tag.rsplit("}", 1)[-1]


def _xml_structure(shape, nodes, path, problems, elsewhere=()):
    names = {}
    for member, inner in shape.members.items():
        wire = inner.serialization.get("name", member)
        if inner.type_name == "list" and inner.serialization.get("flattened"):
            wire = inner.member.serialization.get("name", wire)
        names[wire] = (member, inner)
    seen = {}
    for node in nodes:
        wire = _local(node)
        if wire not in names:
            problems.append(f"{path}.{wire} is not in the model")
            continue
        seen.setdefault(wire, []).append(node)
    for wire, found in seen.items():
        member, inner = names[wire]
        flattened = inner.serialization.get("flattened")
        if flattened and inner.type_name == "list":
            for place, node in enumerate(found):
                _xml_value(inner.member, node, f"{path}.{member}[{place}]", problems)
            continue
        if len(found) > 1:
            problems.append(f"{path}.{member} is there {len(found)} times")
        _xml_value(inner, found[0], f"{path}.{member}", problems)
    present = {names[wire][0] for wire in seen} | set(elsewhere)
    _required(shape, present, path, problems)


def _required(shape, present, path, problems):
    for member in shape.required_members:
        if member not in present:
            problems.append(f"{path}.{member} is required and not there")


def _xml_value(shape, node, path, problems):
    kind = shape.type_name
    if kind == "structure":
        _xml_structure(shape, list(node), path, problems)
    elif kind == "list":
        item = shape.member.serialization.get("name", "member")
        for place, each in enumerate(node):
            if _local(each) != item:
                problems.append(f"{path} has an element {_local(each)} where {item} must be")
                continue
            _xml_value(shape.member, each, f"{path}[{place}]", problems)
    elif kind == "map":
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        for entry in node:
            if _local(entry) != "entry" or [_local(part) for part in entry] != [key, value]:
                problems.append(f"{path} has {[_local(part) for part in entry]}, not an entry")
                continue
            _xml_value(shape.key, entry[0], f"{path}.key", problems)
            _xml_value(shape.value, entry[1], f"{path}[{entry[0].text}]", problems)
    else:
        if len(node):
            problems.append(f"{path} must be a {kind}, not a structure")
            return
        _scalar(shape, node.text or "", path, problems)


def _scalar(shape, text, path, problems):
    """A value that is a text on the wire."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            int(text)
        elif kind in ("float", "double"):
            float(text)
        elif kind == "boolean":
            if text not in ("true", "false"):
                raise ValueError("neither true nor false")
        elif kind == "timestamp":
            parse_timestamp(text)
        elif kind == "blob":
            base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        problems.append(f"{path} is no {kind}: {text!r} ({error})")
        return
    if kind == "string":
        _enumeration(shape, text, path, problems)


def _enumeration(shape, text, path, problems):
    known = set(shape.enum) | BEYOND_THE_MODEL.get(shape.name, set())
    if shape.enum and text not in known:
        problems.append(f"{path} is {text!r}, none of {shape.enum}")


_JSON_TYPES = {
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "string": str,
    "character": str,
    "blob": str,
}


def _json_structure(shape, value, path, problems, elsewhere=()):
    if not isinstance(value, dict):
        problems.append(f"{path} must be a structure, not {value!r}")
        return
    names = {s.serialization.get("name", n): (n, s) for n, s in shape.members.items()}
    present = set(elsewhere)
    for wire, inner in value.items():
        if wire not in names:
            if not shape.is_document_type:
                problems.append(f"{path}.{wire} is not in the model")
            continue
        # AWS writes null for a member that has no value.
        if inner is not None:
            member, member_shape = names[wire]
            present.add(member)
            _json_value(member_shape, inner, f"{path}.{member}", problems)
    _required(shape, present, path, problems)


def _json_value(shape, value, path, problems):
    kind = shape.type_name
    if kind == "structure":
        _json_structure(shape, value, path, problems)
    elif kind == "list":
        if not isinstance(value, list):
            problems.append(f"{path} must be a list, not {value!r}")
            return
        for place, each in enumerate(value):
            _json_value(shape.member, each, f"{path}[{place}]", problems)
    elif kind == "map":
        if not isinstance(value, dict):
            problems.append(f"{path} must be a map, not {value!r}")
            return
        for key, each in value.items():
            _json_value(shape.value, each, f"{path}[{key}]", problems)
    elif kind == "timestamp":
        _json_timestamp(shape, value, path, problems)
    else:
        expected = _JSON_TYPES[kind]
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            problems.append(f"{path} must be a {kind}, not {value!r}")
        elif kind == "string":
            _enumeration(shape, value, path, problems)


def _json_timestamp(shape, value, path, problems):
    """Seconds as a number, unless the model asks for a text."""
    as_text = shape.serialization.get("timestampFormat") in ("iso8601", "rfc822")
    if isinstance(value, str) != as_text or isinstance(value, bool):
        problems.append(f"{path} is a timestamp of the wrong kind: {value!r}")
        return
    try:
        parse_timestamp(value)
    except (ValueError, TypeError, RuntimeError) as error:
        problems.append(f"{path} is no timestamp: {value!r} ({error})")
