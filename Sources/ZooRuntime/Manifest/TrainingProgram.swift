public import ZooFormats
public import ZooTypes

/// A weighted sum of values to minimise, and by which parameters.
public struct TrainingStep: Sendable {
  /// What is minimised or maximised, different for every step: the name of its value (with that of its graph, or a number, where it has to
  /// be); of several, their names with `+` between them.
  public var name: String
  /// The index of the graph.
  public var graph: Int
  /// What is added up: one at least.
  public var terms: [TrainingTerm]
  /// The parameters that it updates: patterns over their paths, where `*` stands for any letters.
  ///
  /// Frozen ones never are.
  public var updated: [String]
  /// How it updates them.
  public var optimizer: OptimizerChoice
  /// How often it is done in each iteration.
  public var repeats: Int
  /// Where the manifest says so.
  public var place: Place

  /// The first term's value.
  public var minimized: Source { terms[0].source }
}

/// One value of a sum that a step minimises.
public struct TrainingTerm: Sendable {
  /// The name that is shown, different from all others of the program.
  public var name: String
  /// A value of the step's graph with one element.
  public var source: Source
  /// What it is multiplied by; negative: it is maximised.
  public var weight: Double

  /// A term.
  public init(name: String, source: Source, weight: Double = 1) {
    (self.name, self.source, self.weight) = (name, source, weight)
  }
}

/// An optimiser's update with its attributes.
public struct OptimizerChoice: Sendable {
  /// A kind that is an update.
  public var kind: KindInfo
  /// One for each attribute that it declares, in that order.
  public var attributes: [AttributeLiteral]
  /// The learning rate.
  public var rate: Double
  /// What the rate is multiplied by as training goes on, phase after phase; empty: by 1.
  public var schedule: [SchedulePhase] = []
  /// How gradients are kept from being too large; nil: they are not.
  public var clip: GradientClip?
  /// Parameters that are updated otherwise: the first group that one matches counts.
  public var groups: [OptimizerGroup] = []
  /// Where the manifest says so.
  public var place: Place
}

/// A part of training in which the rate follows one formula.
public struct SchedulePhase: Sendable {
  /// How long a phase is.
  public enum Length: Hashable, Sendable {
    /// So many updates.
    case updates(Int)
    /// So many epochs.
    case epochs(Int)
    /// All that are left.
    case rest
  }

  /// A kind that is a schedule.
  public var kind: KindInfo
  /// One for each attribute that it declares, in that order.
  public var attributes: [AttributeLiteral]
  /// How long it is.
  public var length: Length
  /// Where the manifest says so.
  public var place: Place
}

/// How gradients are kept from being too large.
public enum GradientClip: Hashable, Sendable {
  /// All are scaled by one number, so that the root of the sum of their squares is at most this.
  case norm(Double)
  /// Every element for itself lies between this and its negative.
  case value(Double)
}

/// Parameters that an optimiser updates with other numbers.
public struct OptimizerGroup: Sendable {
  /// Patterns over the parameters' paths.
  public var patterns: [String]
  /// One for each attribute that the update declares.
  public var attributes: [AttributeLiteral]
  /// The learning rate.
  public var rate: Double
  /// Whether it says itself how parameters decay: that then holds for biases and the like too.
  public var saysDecay: Bool
  /// Where the manifest says so.
  public var place: Place
}

/// How parameters are averaged over the iterations.
public struct ParameterAveraging: Hashable, Sendable {
  /// What weight an iteration has.
  public enum Weights: Hashable, Sendable {
    /// What was before is multiplied by this, and the new parameters by the rest of 1.
    case running(decay: Double)
    /// All have the same.
    case arithmetic
  }

  /// What weight an iteration has.
  public var weights: Weights
  /// The epoch from which on iterations count, from 1.
  public var firstEpoch: Int

  /// An average.
  public init(weights: Weights, firstEpoch: Int) { (self.weights, self.firstEpoch) = (weights, firstEpoch) }
}

/// By what losses are multiplied before they are differentiated, so that small gradients are not lost.
public enum LossScaling: Hashable, Sendable {
  /// Always by the same.
  case fixed(Double)
  /// By as much as gradients allow.
  case dynamic
}

/// A number of an evaluation, and which way is better.
public struct WatchedNumber: Hashable, Sendable {
  /// The name of a loss or metric; with `average.` before it, with averaged parameters.
  public var name: String
  /// Whether larger is better.
  public var isHigherBetter: Bool

  /// A number.
  public init(name: String, isHigherBetter: Bool) { (self.name, self.isHigherBetter) = (name, isHigherBetter) }
}

/// When training ends before its last epoch.
public struct EarlyStopping: Hashable, Sendable {
  /// What has to become better.
  public var watched: WatchedNumber
  /// After how many epochs in a row without that.
  public var patience: Int
  /// What counts as better: more than by this.
  public var leastChange: Double

  /// A rule.
  public init(watched: WatchedNumber, patience: Int, leastChange: Double) {
    (self.watched, self.patience, self.leastChange) = (watched, patience, leastChange)
  }
}

/// Which checkpoints stay.
public struct CheckpointKeeping: Hashable, Sendable {
  /// So many of the last ones.
  public var last: Int
  /// The one of the epoch that is best in this; nil: none.
  public var best: WatchedNumber?

  /// A rule.
  public init(last: Int, best: WatchedNumber? = nil) { (self.last, self.best) = (last, best) }
}

extension KindInfo {
  /// Whether it says what a rate is multiplied by: from the number of a step and how many there are, as its ports are named.
  public var isSchedule: Bool { inputs.map(\.name) == ["step", "steps"] && outputs.map(\.name) == ["factor"] }
}
