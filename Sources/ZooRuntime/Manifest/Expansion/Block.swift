import ZooFormats
import ZooTypes

/// Where a value comes from, while not all names are known yet.
enum Wire {
  /// An input of a region, captured ones not counted.
  case input(Int, region: Int)
  case node(Int, output: Int)
  /// Whatever an input or output of a block turns out to be.
  case slot(Slots.Index)
  /// To be looked up once everything is named, so that references may lead forward.
  case reference(Reference)
}

/// The inputs and outputs of all blocks.
///
/// They lead to one another in chains of any length. In one array, such a chain is neither followed nor freed on the stack.
final class Slots {
  typealias Index = Int

  struct Slot {
    var wire: Wire
    // Set while its wire is followed: coming back here is a cycle.
    var isBeingFollowed = false
  }

  private var slots: [Slot] = []

  func add(_ wire: Wire) -> Index {
    slots.append(Slot(wire: wire))
    return slots.count - 1
  }

  subscript(index: Index) -> Slot {
    get { slots[index] }
    set { slots[index] = newValue }
  }
}

/// A name as it stands in a manifest, and from where it is looked up.
struct Reference {
  let name: String
  // Blocks refer to one another in circles; the expander keeps them.
  unowned let block: Block
  let owner: ManifestError.Owner
  let json: JSON
}

/// The names in a block.
///
/// The copies of a repeat that has no name in a numbered block have the block's: their nodes are counted on.
final class Namespace {
  var members: [String: Member] = [:]
  /// Where each name was given, for messages.
  var places: [String: JSON] = [:]
  /// Whether what has no name is called by its number.
  var isNumbered = false
  private var count = 0

  /// The next number that is nobody's name.
  func nextNumber() -> String {
    repeat { count += 1 } while places["\(count - 1)"] != nil
    return "\(count - 1)"
  }
}

/// A list of nodes with names of its own: the whole graph, a group, one copy of a repeat, one use of a define, or one call of a graph.
final class Block {
  /// Its nodes' paths begin like this; empty for the whole graph.
  let path: String
  /// The paths of their parameters begin like this: as `path` does, or as in the graph that is called.
  let parameterPath: String
  /// The graph that it is part of: the whole, or one that is called; nil: itself.
  unowned let root: Block?
  /// The number of the region that its nodes belong to.
  let region: Int
  /// Where names are looked up that it does not have.
  ///
  /// A define's body sees nothing outside itself.
  unowned let parent: Block?
  let isFrozen: Bool
  let share: BlockShare?
  var inputNames: [String]
  var inputs: [Slots.Index]
  var outputNames: [String] = []
  var outputs: [Slots.Index] = []
  let names: Namespace
  /// What the next node takes unless it says otherwise.
  var previous: Wire?

  /// A graph: the whole, or one that is called at `path`.
  init(graphAt path: String, region: Int = 0, inputNames: [String], inputs: [Slots.Index], isFrozen: Bool = false) {
    (self.path, self.region) = (path, region)
    (self.inputNames, self.inputs, self.isFrozen) = (inputNames, inputs, isFrozen)
    (parameterPath, root, parent, share, names) = ("", nil, nil, nil, Namespace())
    previous = inputs.first.map(Wire.slot)
  }

  /// A block in `outer`, whose names it sees if it is its `parent` too; without a name of its own, its nodes are among those of `outer`.
  init(
    named name: String?, in outer: Block, parent: Block?, region: Int? = nil, inputNames: [String], inputs: [Slots.Index], isFrozen: Bool,
    share: BlockShare?
  ) {
    self.region = region ?? outer.region
    (path, parameterPath) = name.map { (outer.path(of: $0), outer.parameterPath(of: $0)) } ?? (outer.path, outer.parameterPath)
    names = name == nil ? outer.names : Namespace()
    root = outer.root ?? outer
    (self.parent, self.inputNames, self.inputs) = (parent, inputNames, inputs)
    self.isFrozen = isFrozen || outer.isFrozen
    self.share = share ?? outer.share
    previous = inputs.first.map(Wire.slot)
  }

  /// What it has under a name.
  subscript(name: String) -> Member? {
    get { names.members[name] }
    set { names.members[name] = newValue }
  }

  /// The path of a member.
  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// The path of a member's parameters.
  func parameterPath(of name: String) -> String { parameterPath.isEmpty ? name : "\(parameterPath).\(name)" }

  /// Every name that can be referred to from here.
  var visibleNames: [String] { (inputNames + names.members.keys).sorted() + (parent?.visibleNames ?? []) }
}

/// That a block's parameters are those of another.
struct BlockShare {
  let reference: Reference
  /// The path of the block that shares: with `repeat`, without the number of the copy.
  let path: String

  init(_ reference: Reference, path: String) { (self.reference, self.path) = (reference, path) }
}

/// What a name in a block stands for.
enum Member {
  case node(Int)
  case block(Block)
  case copies(Copies)
  /// A loop or condition, and what is inside it.
  case control(Int, Block)
}

/// A repeated block.
final class Copies {
  let path: String
  let blocks: [Block]
  let outputNames: [String]
  let outputs: [Slots.Index]

  init(path: String, blocks: [Block], outputNames: [String], outputs: [Slots.Index]) {
    (self.path, self.blocks, self.outputNames, self.outputs) = (path, blocks, outputNames, outputs)
  }
}

/// A node whose inputs are not looked up yet.
struct Draft {
  let path: String
  let parameterPath: String
  let kind: KindInfo
  let attributes: [AttributeLiteral]
  let inputs: [Wire?]
  let initializers: [String: InitializerChoice]
  let isFrozen: Bool
  let share: Reference?
  let block: Block
  let json: JSON
  /// The graphs of a loop or condition; their captured values are not among `inputs`.
  var control: ControlDraft?
  /// What the node itself stands for.
  var mainOutput = 0

  var owner: ManifestError.Owner { .node(path: path, kind: kind.name) }
}
