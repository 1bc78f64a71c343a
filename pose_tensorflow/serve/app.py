"""The server as an ASGI application: who may use it is guard.py's matter, what it answers answers.py's."""
import asyncio
import contextlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pose_tensorflow.serve import answers
from pose_tensorflow.serve.exports import EXPORTS
from pose_tensorflow.serve.guard import Guard
from pose_tensorflow.serve.limits import Limits
from pose_tensorflow.serve.picture import decode
from pose_tensorflow.serve.incoming import check_type, name_of, number_of, parse, read_body
from pose_tensorflow.serve.results import Result, Results

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
THREADS = 2  # pictures that are decoded and searched at once; TensorFlow itself uses all cores for each


def make_app(pose, names=(), limits=Limits()):
    """The application. pose: a pose_tensorflow.pose.Pose for several people; names: host names of this server"""
    server = Server(pose, limits)
    post, get = dict(methods=["POST"]), dict(methods=["GET"])
    return Starlette(
        routes=[Route("/predict", server.predict, **post), Route("/assemble", server.assemble, **post),
                Route("/export", server.export, **post), Route("/map", server.score_map, **get),
                Route("/offsets", server.offsets, **get), Mount("/", StaticFiles(directory=PAGE, html=True))],
        middleware=[Middleware(Guard, names=names)],
        exception_handlers={HTTPException: refused, Exception: failed})


async def refused(request, error):
    sentences = {404: "there is no %.200s" % request.url.path, 405: "%s is not for this page" % request.method}
    sentence = sentences.get(error.status_code, error.detail)
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


async def failed(request, error):
    return JSONResponse({"error": "the server made a mistake, and wrote it to its log"}, 500)


class Server(object):
    """What the routes call. Nothing is written to disk: results are in memory, and the least recently used go."""

    def __init__(self, pose, limits):
        self._pose, self._limits = pose, limits
        self._results = Results(limits.memory)
        self._threads = ThreadPoolExecutor(THREADS)
        self._requests = 0

    async def predict(self, request):
        """A picture's file -> answers.prediction"""
        check_type(request, ("image/", "application/octet-stream"), "image/jpeg")
        return await self._answer(request, self._limits.body, self._predicted)

    async def assemble(self, request):
        """{"id", "join", "cut", "keep"} -> answers.assembly"""
        return await self._answer_json(request, self._assembled)

    async def export(self, request):
        """The same with "format" and "name" -> a file"""
        return await self._answer_json(request, self._exported)

    async def score_map(self, request):
        """?id=&size=&joint=, joint may be missing -> PNG"""
        people, query = self._results.get(request.query_params.get("id")).people, request.query_params
        joint = number_of(query, "joint", self._pose.skeleton.num_joints) if "joint" in query else None
        return Response(answers.score_map(people, number_of(query, "size", len(people.searches)), joint),
                        media_type="image/png")

    async def offsets(self, request):
        """?id=&joint= -> answers.offsets"""
        people, query = self._results.get(request.query_params.get("id")).people, request.query_params
        return JSONResponse(answers.offsets(people, number_of(query, "joint", self._pose.skeleton.num_joints)))

    async def _answer_json(self, request, function):
        check_type(request, ("application/json",), "application/json")
        return await self._answer(request, self._limits.json, function)

    async def _answer(self, request, most, function):
        """The response of a function of the request's body, which is called in a thread."""
        with self._place():
            body = await read_body(request, most, self._limits.seconds)
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, body)

    @contextlib.contextmanager
    def _place(self):
        """One of the places for requests. Raises HTTPException 503 where all are taken."""
        if self._requests >= self._limits.requests:
            raise HTTPException(503, "too many requests at once: try again in a second", headers={"Retry-After": "1"})
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    def _predicted(self, body):
        people = self._pose(decode(body, self._limits))
        logging.info("%d people in a picture of %d x %d", len(people), *people.size[::-1])
        name = self._results.add(Result(body, people))
        return JSONResponse(answers.prediction(name, people, self._pose.skeleton, self._pose.cfg))

    def _assembled(self, body):
        name, corrections, _ = parse(body)
        return JSONResponse(answers.assembly(self._corrected(name, corrections)[1], self._pose.skeleton))

    def _exported(self, body):
        name, corrections, said = parse(body)
        export = EXPORTS.get(said.get("format")) if isinstance(said.get("format"), str) else None
        if export is None:
            raise HTTPException(400, "format must be one of %s" % ", ".join(EXPORTS))
        file, people = self._corrected(name, corrections)
        content, media_type = export(people, self._pose.skeleton, name_of(said), decode(file, self._limits))
        return Response(content, media_type=media_type)

    def _corrected(self, name, corrections):
        """(the picture's file, its SeveralPeople as corrected). Raises HTTPException 410 or 422."""
        result = self._results.get(name)
        try:
            return result.file, result.people.correct(**corrections)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
