"""Everything that a person can do to a document, as commands whose `apply` returns their inverse."""

from graph.commands.base import Batch, Changes, Command
from graph.commands.blocks import AddBlock, RemoveBlock, SetBlock, SetPromotion
from graph.commands.decor import AddFrame, AddNote, RemoveItems, SetFrame, SetNote
from graph.commands.links import Connect, Disconnect, InsertOnLink
from graph.commands.nodes import AddNode, MoveNodes, RemoveNodes, SetNode, SetParam
from graph.commands.pack import MakeBlock
from graph.commands.replacing import ReplaceLayer
from graph.commands.settings import SetJob, SetSetting
from graph.commands.unpack import Unpack

__all__ = [
    "AddBlock",
    "AddFrame",
    "AddNode",
    "AddNote",
    "Batch",
    "Changes",
    "Command",
    "Connect",
    "Disconnect",
    "InsertOnLink",
    "MakeBlock",
    "MoveNodes",
    "RemoveBlock",
    "RemoveItems",
    "RemoveNodes",
    "ReplaceLayer",
    "SetBlock",
    "SetFrame",
    "SetJob",
    "SetNode",
    "SetNote",
    "SetParam",
    "SetPromotion",
    "SetSetting",
    "Unpack",
]
