import Testing
import ZooFormats
import ZooRuntime
import ZooTypes

/// What `train` says about losses, optimisers, averages, loss scaling, stopping and checkpoints.
struct ManifestTrainingProgramTests {
  private static let trained = ManifestTrainingTests.trained

  /// A training section with these further keys at its beginning, from column 13 of line 4 on.
  private static func section(_ keys: String, steps: String = ManifestTrainingTests.steps, optimizer: String = ManifestTrainingTests.adam)
    -> String
  {
    trained(
      "{\(keys), \(ManifestTrainingTests.data), \(ManifestTrainingTests.label), \(ManifestTrainingTests.loss), \(steps), \(optimizer)}",
      "{}")
  }

  private func training(_ text: String) throws -> TrainingSection { try #require(try expand(text).training) }

  @Test func lossesAreTermsWithWeights() throws {
    let section = try training(
      Self.section(
        #""seed": 1"#,
        steps:
          #""steps": [{"minimize": {"loss": 1, "fc": "${0.5 / 2}"}, "maximize": "tanh"}, {"maximize": {"loss": 2}}, {"minimize": "x"}]"#))
    #expect(section.steps.map { $0.terms.map(\.name) } == [["loss_1", "fc", "tanh"], ["loss_2"], ["x"]])
    #expect(section.steps.map { $0.terms.map(\.weight) } == [[1, 0.25, -1], [-2], [1]])
    #expect(section.steps.map(\.name) == ["loss_1+fc+tanh", "loss_2", "x"])
  }

  @Test func optimizersHaveSchedulesClippingAndGroups() throws {
    let optimizer = try training(
      Self.section(
        #""seed": 1"#,
        optimizer: """
          "optimizer": {"layer": "core.adam", "rate": 0.1, "beta1": 0.5, "clip": {"norm": 2}, "schedule": [
            {"layer": "core.cosine", "for": 3}, {"layer": "core.cosine", "for_epochs": 2, "floor": 0.25}, {"layer": "core.cosine"}],
            "groups": [{"update": "*.bias", "beta2": 0.25, "rate": 1, "about": "Other."}, {"update": ["a.*", "b.*"], "beta1": 0.75}]}
          """)
    ).steps[0].optimizer
    #expect(optimizer.clip == .norm(2))
    #expect(optimizer.schedule.map(\.length) == [.updates(3), .epochs(2), .rest])
    #expect(optimizer.schedule.map(\.attributes) == [[.real(0)], [.real(0.25)], [.real(0)]])
    #expect(optimizer.groups.map(\.patterns) == [["*.bias"], ["a.*", "b.*"]])
    #expect(optimizer.groups.map(\.attributes) == [[.real(0.5), .real(0.25)], [.real(0.75), .real(0.999)]])
    #expect(optimizer.groups.map(\.rate) == [1, 0.1])
  }

  @Test func oneScheduleIsAListOfOne() throws {
    let optimizer = #""optimizer": {"layer": "core.adam", "rate": 0.1, "clip": {"value": 0.5}, "schedule": {"layer": "core.cosine"}}"#
    let choice = try training(Self.section(#""seed": 1"#, optimizer: optimizer)).steps[0].optimizer
    #expect(choice.schedule.map(\.length) == [.rest])
    #expect(choice.clip == .value(0.5))
  }

  @Test func everythingElseIsRead() throws {
    let section = try training(
      Self.section(
        """
        "accumulate": 4, "average": {"arithmetic": true, "from_epoch": 3}, "weight_noise": 0.01, "loss_scale": 1024,
        "stop": {"value": "average.loss", "patience": 5, "least_change": 0.001}, "keep": {"last": 3, "best": "size"}, "metrics": {"size": "fc"},
        "sample_rows": "bootstrap"
        """))
    #expect(section.accumulated == 4 && section.weightNoise == 0.01 && section.isBootstrapped)
    #expect(section.averaging == ParameterAveraging(weights: .arithmetic, firstEpoch: 3))
    #expect(section.lossScaling == .fixed(1024))
    #expect(
      section.stopping
        == EarlyStopping(watched: WatchedNumber(name: "average.loss", isHigherBetter: false), patience: 5, leastChange: 0.001))
    #expect(section.keeping == CheckpointKeeping(last: 3, best: WatchedNumber(name: "size", isHigherBetter: true)))
    let other = try training(
      Self.section(#""average": {"decay": 0.5}, "loss_scale": "dynamic", "keep": {"best": {"value": "loss", "better": "higher"}}"#))
    #expect(other.averaging == ParameterAveraging(weights: .running(decay: 0.5), firstEpoch: 1))
    #expect(other.lossScaling == .dynamic)
    #expect(other.keeping == CheckpointKeeping(last: 2, best: WatchedNumber(name: "loss", isHigherBetter: true)))
  }

  @Test func nothingOfItNeedsToBeSaid() throws {
    let section = try training(Self.section(#""seed": 1"#))
    #expect(section.accumulated == 1 && section.weightNoise == 0 && !section.isBootstrapped)
    #expect(section.averaging == nil && section.lossScaling == nil && section.stopping == nil)
    #expect(section.keeping == CheckpointKeeping(last: 2, best: nil))
    let optimizer = section.steps[0].optimizer
    #expect(optimizer.schedule.isEmpty && optimizer.clip == nil && optimizer.groups.isEmpty)
  }

  private static func bad(_ keys: String, _ message: String, _ help: String) -> ManifestCase { ManifestCase(section(keys), message, help) }

  private static func optimizer(_ members: String, _ message: String, _ help: String) -> ManifestCase {
    ManifestCase(
      trained(
        #"{"optimizer": {"layer": "core.adam", "rate": 1, \#(members)}, \#(ManifestTrainingTests.steps), \#(ManifestTrainingTests.data), \#(ManifestTrainingTests.label), \#(ManifestTrainingTests.loss)}"#,
        "{}"), message, help)
  }

  @Test(arguments: [
    bad(
      #""accumulate": 0"#, ":4:27: at /train/accumulate: 'accumulate' of 'train' must be from 1 to 2147483647, but it is 0",
      "choose a number that is from 1 to 2147483647"),
    bad(
      #""average": {}"#,
      ":4:24: at /train/average: 'average' needs 'decay': how much of the average is left after an iteration, such as 0.999",
      "add \"decay\" to 'average'"),
    bad(
      #""average": {"decay": 2}"#, ":4:34: at /train/average/decay: 'decay' of 'average' must be from 0 to 1, but it is 2",
      "choose a number that is from 0 to 1"),
    bad(
      #""average": {"decay": 0.5, "arithmetic": true}"#, ":4:53: at /train/average/arithmetic: 'average' has both 'decay' and 'arithmetic'",
      "leave 'arithmetic' out"),
    bad(
      #""loss_scale": 0"#, ":4:27: at /train/loss_scale: 'loss_scale' of 'train' must be at least 1, but it is 0",
      "choose a number that is at least 1"),
    bad(
      #""loss_scale": "dynamical""#, ":4:27: at /train/loss_scale: 'loss_scale' of 'train' cannot be 'dynamical'",
      "did you mean 'dynamic'?"),
    bad(
      #""stop": {"patience": 1}"#, ":4:21: at /train/stop: 'stop' needs 'value': the name of a loss or metric", "add \"value\" to 'stop'"),
    bad(
      #""stop": {"value": "lose"}"#, ":4:31: at /train/stop/value: 'value' of 'stop' is 'lose', which is no loss and no metric",
      "did you mean 'loss'?"),
    bad(
      #""stop": {"value": "average.loss"}"#,
      ":4:31: at /train/stop/value: 'value' of 'stop' is 'average.loss', which is no loss and no metric", "there are loss"),
    bad(
      #""stop": {"value": "loss", "better": "smaller"}"#,
      ":4:49: at /train/stop/better: 'better' of 'stop' cannot be 'smaller'", "it can be lower, higher"),
    bad(
      #""keep": {"best": 1}"#, ":4:30: at /train/keep/best: 'best' of 'keep' must be text or an object, but it is 1",
      "write a name in double quotes, or an object in braces"),
    bad(
      #""keep": {"last": 0}"#, ":4:30: at /train/keep/last: 'last' of 'keep' must be from 1 to 2147483647, but it is 0",
      "choose a number that is from 1 to 2147483647"),
    bad(
      #""sample_rows": "twice""#, ":4:28: at /train/sample_rows: 'sample_rows' of 'train' cannot be 'twice'",
      "it can be once, bootstrap"),
    optimizer(
      #""clip": {}"#, ":4:68: at /train/optimizer/clip: 'clip' of optimizer 'core.adam' needs 'norm': the largest norm, or \"value\"",
      "add \"norm\" to 'clip' of optimizer 'core.adam'"),
    optimizer(
      #""clip": {"norm": 1, "value": 1}"#,
      ":4:89: at /train/optimizer/clip/value: 'clip' of optimizer 'core.adam' has both 'norm' and 'value'", "leave 'value' out"),
    optimizer(
      #""clip": {"norm": 0}"#,
      ":4:77: at /train/optimizer/clip/norm: 'norm' of 'clip' of optimizer 'core.adam' must be at least 1e-30, but it is 0",
      "choose a number that is at least 1e-30"),
    optimizer(
      #""schedule": []"#,
      ":4:72: at /train/optimizer/schedule: 'schedule' of optimizer 'core.adam' takes one phase at least, but there are 0",
      "give one phase at least"),
    optimizer(
      #""schedule": {"layer": "core.cosin"}"#,
      ":4:82: at /train/optimizer/schedule/layer: the schedule is 'core.cosin', which no loaded family has", "did you mean 'core.cosine'?"),
    optimizer(
      #""schedule": {"layer": "core.tanh"}"#,
      ":4:82: at /train/optimizer/schedule/layer: the schedule is 'core.tanh', which says nothing about rates",
      "the schedules are core.cosine"),
    optimizer(
      #""schedule": {"layer": "core.cosine", "flor": 1}"#,
      ":4:97: at /train/optimizer/schedule/flor: schedule 'core.cosine' has no attribute 'flor'", "did you mean 'floor'?"),
    optimizer(
      #""schedule": {"layer": "core.cosine", "for": 1, "for_epochs": 1}"#,
      ":4:121: at /train/optimizer/schedule/for_epochs: schedule 'core.cosine' has both 'for' and 'for_epochs'", "leave 'for_epochs' out"),
    optimizer(
      #""schedule": [{"layer": "core.cosine"}, {"layer": "core.cosine"}]"#,
      ":4:73: at /train/optimizer/schedule/0: schedule 'core.cosine' needs 'for': how many updates it lasts",
      "add \"for\" to schedule 'core.cosine'"),
    optimizer(
      #""groups": [{"rate": 1}]"#,
      ":4:71: at /train/optimizer/groups/0: 'groups' of optimizer 'core.adam' needs 'update': patterns over the parameters' paths",
      "add \"update\" to 'groups' of optimizer 'core.adam'"),
    optimizer(
      #""groups": [{"update": "*", "beta3": 1}]"#,
      ":4:87: at /train/optimizer/groups/0/beta3: 'groups' of optimizer 'core.adam' has no key 'beta3'", "did you mean 'beta1'?"),
    optimizer(
      #""groups": [{"update": "*", "beta1": 3}]"#,
      ":4:96: at /train/optimizer/groups/0/beta1: attribute 'beta1' of 'groups' of optimizer 'core.adam' must be from 0 to 1, but it is 3",
      "choose a number that is from 0 to 1"),
  ])
  func errorsSayWhereAndWhat(_ it: ManifestCase) {
    let error = #expect(throws: ManifestError.self) { try expand(it.manifest) }
    #expect(error?.message == it.message)
    #expect(error?.help == it.help)
  }

  @Test(arguments: [
    (#"[{"minimize": {}}]"#, "'minimize' of step 1 takes one value at least, but there are 0"),
    (#"[{"minimize": {"loss": "much"}}]"#, #"'loss' of 'minimize' of step 1 must be a number, but it is "much""#),
    (#"[{"maximize": {"los": 1}}]"#, "'maximize' of step 1 takes 'los', but nothing there has that name"),
  ])
  func termsThatCannotBe(_ steps: String, _ words: String) {
    let error = #expect(throws: ManifestError.self) { try expand(Self.section(#""seed": 1"#, steps: "\"steps\": \(steps)")) }
    #expect(error?.message.hasSuffix(words) == true, "\(error?.message ?? "")")
  }

  @Test func batchesThatGoOnCannotBeAccumulatedBySeveralSteps() throws {
    let manifest = ManifestTrainingGraphTests.trained(
      #""steps": [{"graph": "b", "minimize": "sum", "repeat": 2}], "carry": {"s": "sum"}, "accumulate": 2, \#(ManifestTrainingGraphTests.x)"#
    )
    let error = #expect(throws: ManifestError.self) { try expand(manifest) }
    #expect(
      error?.message.hasSuffix(
        "batches are carried on from one to the next, so that only one step, done once, can accumulate their gradients")
        == true)
    #expect(error?.help == "leave 'accumulate' out, or minimise one weighted sum in one step")
    let rows = ManifestTrainingGraphTests.trained(
      #""steps": [{"graph": "b", "minimize": "sum"}], "carry": {"s": "sum"}, "sample_rows": "bootstrap", \#(ManifestTrainingGraphTests.x)"#)
    let drawn = #expect(throws: ManifestError.self) { try expand(rows) }
    #expect(drawn?.message.hasSuffix("'train' has both 'carry' and 'sample_rows'") == true)
    #expect(drawn?.help == "leave 'sample_rows' out")
  }
}
