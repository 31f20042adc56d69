"""Everything that a person can do to a document, as commands whose `apply` returns their inverse."""

from graph.commands.base import Batch, Changes, Command
from graph.commands.blocks import AddBlock, RemoveBlock, ReorderPorts, SetBlock, SetPromotion
from graph.commands.decor import AddFrame, AddNote, RemoveItems, SetFrame, SetNote
from graph.commands.links import Connect, Disconnect, InsertOnLink
from graph.commands.nodes import AddNode, MoveNodes, RemoveNodes, SetNode, SetParam
from graph.commands.pack import MakeBlock
from graph.commands.replacing import ReplaceLayer
from graph.commands.rewire import BendLinks, Detach, SwapInputs
from graph.commands.settings import SetJob, SetSetting
from graph.commands.transfer import MoveInto, MoveOut
from graph.commands.unpack import Unpack

__all__ = [
    "AddBlock",
    "AddFrame",
    "AddNode",
    "AddNote",
    "Batch",
    "BendLinks",
    "Changes",
    "Command",
    "Connect",
    "Detach",
    "Disconnect",
    "InsertOnLink",
    "MakeBlock",
    "MoveInto",
    "MoveNodes",
    "MoveOut",
    "RemoveBlock",
    "RemoveItems",
    "RemoveNodes",
    "ReorderPorts",
    "ReplaceLayer",
    "SetBlock",
    "SetFrame",
    "SetJob",
    "SetNode",
    "SetNote",
    "SetParam",
    "SetPromotion",
    "SetSetting",
    "SwapInputs",
    "Unpack",
]
