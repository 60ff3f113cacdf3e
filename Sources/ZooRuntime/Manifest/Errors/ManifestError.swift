public import ZooFormats
public import ZooTypes

/// What is wrong with a manifest, and where.
public struct ManifestError: ExplainedError, Hashable {
  /// Where; only the file's name where no line is to blame.
  public let place: Place
  /// What is wrong there.
  public let problem: Problem

  /// A problem at a place.
  public init(_ problem: Problem, at place: Place) {
    self.problem = problem
    self.place = place
  }

  /// What can be wrong.
  ///
  /// The words for each are in ManifestError+Words.swift and ManifestError+Help.swift.
  public enum Problem: Hashable, Sendable {
    // The file
    /// It is not JSON.
    case syntax(JSONError)
    /// It has more bytes than any manifest needs.
    case tooLong(bytes: Int, limit: Int)
    /// It is written for another version of the format.
    case version(String, supported: Int)
    /// It expands to more than a machine should be asked to hold.
    case tooLarge(TooLarge)

    // Keys and values
    /// A key that its owner does not have.
    case unknownKey(String, of: Owner, known: [String])
    /// A key that its owner needs.
    case missingKey(String, of: Owner, about: String)
    /// A value of the wrong type.
    case wrongType(Owner, wanted: Wanted, got: String)
    /// A number outside its bounds.
    case outOfRange(Owner, got: String, range: ClosedRange<Double>)
    /// Text that is none of the choices.
    case notAChoice(Owner, got: String, choices: [String])
    /// A name with characters that names do not have.
    case badName(String, of: Owner)
    /// A list of numbers whose rows differ in length.
    case raggedValues(Owner)
    /// A list with the wrong number of elements.
    case wrongCount(Owner, got: Int, wanted: String)

    // Settings and expressions
    /// An override of a setting that there is not.
    case unknownSetting(String, of: Owner, known: [String])
    /// An override that is not of the setting's type.
    case settingType(String, default: String, wanted: Wanted, got: String)
    /// A setting that must be given and is not.
    case settingNotGiven(String, of: Owner)
    /// Settings that are made of one another.
    case settingCycle([String])
    /// A setting with a name that expressions use otherwise.
    case reservedName(String)
    /// `${...}` that has no value.
    case expression(String, ExpressionProblem)

    // The graph
    /// A layer of a kind that no loaded family has.
    case unknownLayer(path: String, kind: String, known: [String])
    /// An optimiser of a kind that no loaded family has.
    case unknownOptimizer(String, known: [String])
    /// A layer where an optimiser's update belongs, or the other way round.
    case notAnUpdate(String, known: [String])
    /// An update where a layer belongs.
    case updateAsLayer(path: String, kind: String)
    /// A codec that no loaded family has.
    case unknownCodec(String, of: Owner, known: [String])
    /// A codec that only goes the other way.
    case codecCannot(String, reads: Bool, of: Owner)
    /// An item of a graph that says not, or twice, what it is.
    case unclearItem(keys: [String])
    /// Two values of one name in one graph.
    case duplicateName(String, first: Place?)
    /// A reference to nothing.
    case unknownReference(String, of: Owner, known: [String])
    /// A reference to an output or part that a node does not have.
    case unknownPart(String, of: String, known: [String])
    /// An input given to a layer that has none of that name.
    case unknownInput(String, of: Owner, known: [String])
    /// An input that a layer needs.
    case missingInput(String, of: Owner, about: String)
    /// More inputs than there are.
    case tooManyInputs(Owner, got: Int, takes: Int)
    /// A first layer with nothing before it.
    case nothingBefore(Owner)
    /// Nodes that take from one another.
    case cycle([String])
    /// A block whose output is its own input.
    case emptyCycle(String)
    /// A `use` of something that is not defined.
    case unknownDefine(String, known: [String])
    /// Defines that use one another.
    case recursion([String])
    /// A graph that the manifest does not have.
    case unknownGraph(String, of: Owner, known: [String])
    /// Graphs that call one another.
    case callCycle([String])
    /// An input or output that a graph does not have.
    case unknownPort(String, isInput: Bool, of: Owner, known: [String])
    /// An output that cannot be the input that it is carried to.
    case carryMisfit(input: String, wants: String, output: String, is: String)
    /// Runs that have nothing to do with one another.
    case runsWithoutCarry(Owner)
    /// Two outputs of one name.
    case duplicateOutput(String, of: Owner)
    /// Parameters shared with nothing.
    case unknownShare(String, of: Owner, known: [String])
    /// Parameters shared between different kinds.
    case shareKinds(Owner, with: Owner)
    /// Parameters shared between a node and a block, or with a block that lacks a node.
    case shareShape(Owner, with: String)
    /// Nodes that share with one another.
    case shareCycle([String])
    /// A node that shares its parameters and would start them otherwise.
    case shareInitialized(Owner)
    /// Nothing comes out.
    case noOutput

    // Training
    /// A graph input that no data feeds.
    case notFed(String)
    /// Data for an input that there is not.
    case unknownFeed(String, known: [String])
    /// Data for an input that is carried.
    case fedAndCarried(String)
    /// A choice of rows where there are none.
    case rowsOfWhole(Owner)
    /// Data from a file and from a folder at once.
    case twoSources
    /// Rows that are kept together by groups and dealt out by labels at once.
    case groupAndStratify
    /// Nothing says how long an epoch is.
    case noIterations
    /// Two things say how long an epoch is.
    case iterationsOfRows
    /// Rows that belong one after the other, shuffled.
    case shuffledStreams
    /// A choice about training, for a manifest that does not say how to train.
    case nothingToChange(path: String)
    /// A choice about training whose path leads nowhere.
    case unknownChange(String, of: String, known: [String])
    /// Batches that belong one after the other, seen by several steps that each want all of them.
    case accumulatedStreams
    /// Two keys of which only one may be there.
    case saidTwice(String, String, of: Owner)
    /// A schedule of a kind that no loaded family has.
    case unknownSchedule(String, known: [String])
    /// A kind that says nothing about rates where a schedule belongs.
    case notASchedule(String, known: [String])
    /// A number that no evaluation has.
    case unknownNumber(String, of: Owner, known: [String])
    /// Blocks to compute again that there are not.
    case unknownBlock(String, known: [String])

    // Paths
    /// A path that is not relative.
    case absolutePath(String)
    /// A path out of the manifest's folder and the zoo.
    case pathLeaves(String)
    /// A path with bytes that no path has.
    case badPath(String)
    /// A path to nothing.
    case missingFile(String, tried: [String])
  }

  /// What a manifest can have too much of.
  public enum TooLarge: Hashable, Sendable {
    /// Nodes and blocks.
    case nodes(limit: Int)
    /// Values, after expansion.
    case values(limit: Int)
    /// Blocks inside one another.
    case depth(limit: Int)
    /// A node's path.
    case path(limit: Int)
    /// Settings in one place.
    case settings(limit: Int)
    /// Inputs or outputs of a graph or block.
    case ports(limit: Int)
    /// Elements of an input.
    case elements(input: String, limit: Int)
  }

  /// The type of value that should stand somewhere.
  public enum Wanted: Hashable, Sendable {
    /// `true` or `false`.
    case boolean
    /// A whole number.
    case integer
    /// Any number.
    case number
    /// Text.
    case text
    /// A list of numbers of one of the two types.
    case list(ofIntegers: Bool)
    /// One of a list's choices, or a list of numbers.
    case listOrChoice([String])
    /// A list with elements of any type.
    case anyList
    /// A list of text.
    case names
    /// An object.
    case object
    /// Text or an object.
    case textOrObject
    /// The name of a value, or several.
    case references
    /// The length of an axis.
    case dimension
    /// Rows of the data.
    case rows
    /// The classes of a folder.
    case classes
    /// How a parameter starts.
    case initializer
    /// What a setting can be.
    case setting
    /// Numbers in lists in lists.
    case nestedNumbers
  }

  /// Whose key, attribute or input is meant.
  public indirect enum Owner: Hashable, Sendable {
    /// The manifest as a whole.
    case manifest
    /// A section such as `train`.
    case section(String)
    /// A variant of the manifest.
    case variant(String)
    /// A node.
    case node(path: String, kind: String)
    /// A repeat, a use or a group.
    case block(path: String)
    /// An item of a graph that has no path yet.
    case item(String)
    /// A define.
    case define(String)
    /// One of the manifest's graphs.
    case graph(String)
    /// An input of the graph.
    case input(String)
    /// An output of the graph.
    case output(String)
    /// A codec of an input or output.
    case codec(String, of: Owner)
    /// An optimiser.
    case optimizer(String)
    /// A schedule of an optimiser's rate.
    case schedule(String)
    /// Step `i`, counted from 0, of training.
    case step(Int)
    /// A member of one of these.
    case key(String, of: Owner)
    /// An attribute of a node, a codec or an optimiser.
    case attribute(String, of: Owner)
    /// A setting.
    case setting(String)
  }
}
