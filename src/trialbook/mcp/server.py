"""How do the tools reach an agent? As an MCP server on standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import mcp_types as types
import msgspec
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from trialbook.library import Library
from trialbook.mcp.arguments import describe_arguments
from trialbook.mcp.tools import INSTRUCTIONS, TOOLS, Reply, Tool, call_tool, find_tool
from trialbook.settings import VERSION

MOST_AT_ONCE = 4


def serve(home: Path) -> None:
    """Serve a library to whoever holds the other ends of standard input and output, until they close."""
    with Library(home) as library:
        anyio.run(_serve, library)


async def _serve(library: Library) -> None:
    server = make_server(library)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def make_server(library: Library) -> Server[dict[str, Any]]:
    """The server of a library: lists the tools of `tools.TOOLS` and calls them."""
    limiter = anyio.CapacityLimiter(MOST_AT_ONCE)

    async def list_tools(_: Any, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_describe(tool) for tool in TOOLS])

    async def call(_: Any, asked: types.CallToolRequestParams) -> types.CallToolResult:
        tool = find_tool(asked.name)
        if tool is None:
            known = ", ".join(each.name for each in TOOLS)
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {asked.name[:60]!r}. There are: {known}")
        reply = await anyio.to_thread.run_sync(
            call_tool, library, tool, asked.arguments or {}, abandon_on_cancel=True, limiter=limiter
        )
        return _write(reply)

    return Server(
        "trialbook",
        version=VERSION,
        title="Trialbook",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call,
    )


def _describe(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=describe_arguments(tool.arguments),
        annotations=types.ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
        ),
    )


def _write(reply: Reply) -> types.CallToolResult:
    """Facts as JSON, in one block and once more for programs; a record's text in a block of its own."""
    if reply.error:
        return types.CallToolResult(content=[types.TextContent(type="text", text=reply.error)], is_error=True)
    facts = types.TextContent(type="text", text=msgspec.json.encode(reply.facts).decode())
    if reply.text:
        return types.CallToolResult(content=[facts, types.TextContent(type="text", text=reply.text)])
    return types.CallToolResult(content=[facts], structured_content=reply.facts)
