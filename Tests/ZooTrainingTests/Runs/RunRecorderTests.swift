import Glibc
import Testing
import ZooFormats
import ZooTestSupport
import ZooTraining

/// What a recorder makes of a trainer's events.
struct RunRecorderTests {
  private static let record = RunRecord(
    version: "1.2.3", model: "m", manifest: "m.json", arguments: ["train", "m"], settings: (["units": 7] as JSON).object ?? JSONObject(),
    seed: 1 << 63)
  private static let manifest: JSON = ["zoo": 1, "name": "m"]

  private func recorder(_ folder: String, every: Int? = 2, resumes: Bool = false) throws -> RunRecorder {
    try RunRecorder(RunFolder(folder), Self.record, manifest: Self.manifest, epochs: 2, every: every, resumes: resumes)
  }

  /// Losses of single steps are 8, 6, 1, 3, 2: running means 8, 7, 5, 4.5, 4.
  private static let means = [8, 7, 5, 4.5, 4]

  private func steps(_ recorder: RunRecorder, epoch: Int, _ range: ClosedRange<Int>) {
    for step in range {
      recorder.follow(
        .step(
          epoch: epoch, step: step, steps: 5, numbers: [("loss", Self.means[step - 1] * Double(epoch))], samplesPerSecond: 100,
          secondsLeft: 1))
    }
  }

  private func end(_ recorder: RunRecorder, epoch: Int) {
    recorder.follow(
      .epoch(
        epoch, of: 2, training: [("loss", 4 * Double(epoch))], validation: [("loss", 0.5), ("accuracy", 0.25)], samplesPerSecond: 50,
        seconds: 2, secondsWaited: 0.125))
  }

  private func lines(_ folder: String) throws -> [MetricsRecord] { Array(MetricsLines(try MappedFile(folder + "/metrics.jsonl").contents)) }

  @Test func recordsOfStepsAreMeansSinceTheLast() throws {
    let folder = try TemporaryFolder()
    let recorder = try recorder(folder.path)
    for epoch in 1...2 {
      steps(recorder, epoch: epoch, 1...5)
      end(recorder, epoch: epoch)
    }
    recorder.finish(.finished)
    #expect(recorder.failure == nil)
    let lines = try lines(folder.path)
    #expect(lines.map(\.kind) == [.step, .step, .epoch, .step, .step, .epoch])
    #expect(lines.map(\.step) == [2, 4, 5, 7, 9, 10])
    #expect(lines.map(\.epoch) == [1, 1, 1, 2, 2, 2])
    // By hand: (8 + 6) / 2 and (1 + 3) / 2, and twice that.
    #expect(lines.flatMap { $0.training.map(\.value) } == [7, 2, 4, 14, 4, 8])
    #expect(lines[2].validation.map(\.name) == ["loss", "accuracy"])
    #expect(lines[2].samplesPerSecond == 50)
    #expect(lines.map(\.secondsWaited) == [nil, nil, 0.125, nil, nil, 0.125])
    let text = String(decoding: try MappedFile(folder.path + "/metrics.jsonl").contents, as: UTF8.self)
    #expect(
      text.split(separator: "\n").map { $0.contains(#""seconds_waiting_for_data":0.125"#) } == [false, false, true, false, false, true])
    #expect(lines[2].tagged.contains { $0 == ("epoch/seconds_waiting_for_data", 0.125) })
    #expect(!String(decoding: try MappedFile(folder.path + "/curves.svg").contents, as: UTF8.self).contains("waiting"))

    let json = try JSONDocument(try MappedFile(folder.path + "/run.json").contents, file: "run.json").root
    let record = try #require(RunRecord(json))
    #expect(record.state == .finished)
    #expect(record.seed == 1 << 63)
    #expect(record.settings["units"] == 7)
    #expect(record.started.count == 20 && record.ended.count == 20)
    #expect(try JSONDocument(try MappedFile(folder.path + "/manifest.json").contents, file: "").root == Self.manifest)
    #expect(try MappedFile(folder.path + "/curves.svg").contents.starts(with: Array("<svg ".utf8)))
  }

  /// The same files as if it had never stopped, but for times.
  @Test func aRunThatGoesOnDropsWhatIsLaterThanItsCheckpoint() throws {
    let folder = try TemporaryFolder()
    do {
      let first = try recorder(folder.path)
      steps(first, epoch: 1, 1...5)
      end(first, epoch: 1)
      usleep(20_000)
      steps(first, epoch: 2, 1...4)
    }
    for name in [".checkpoint-9.safetensors.123-0.part", ".checkpoint-best.123.part", ".notes.part"] { _ = try folder.file(name, "") }
    // It was killed while it wrote a line.
    let file = try AppendedFile(folder.path + "/metrics.jsonl")
    try file.append(Array("{\"event\":\"ste".utf8))
    let second = try recorder(folder.path, resumes: true)
    second.follow(.resumed(path: "c", epoch: 2, step: 3, iterations: 8))
    steps(second, epoch: 2, 4...5)
    end(second, epoch: 2)
    second.finish(.finished)
    #expect(second.failure == nil)
    let lines = try lines(folder.path)
    #expect(lines.map(\.step) == [2, 4, 5, 7, 9, 10])
    #expect(lines.flatMap { $0.training.map(\.value) } == [7, 2, 4, 14, 4, 8])
    // The time before counts.
    #expect(lines.map(\.seconds) == lines.map(\.seconds).sorted() && lines[5].seconds > 0.02)
    #expect(RunSummary(RunFolder(folder.path)).seconds >= lines[5].seconds)
    #expect(filesIn(folder.path).filter { $0.hasSuffix(".part") } == [".notes.part"])
    let names = filesIn(folder.path).filter { $0.hasPrefix(EventFile.prefix) }
    #expect(names.count == 1)
    let events = EventRecords(try MappedFile(folder.path + "/" + names[0]).contents[...]).map(\.step)
    #expect(events == [0, 0, 2, 4, 5, 7, 9, 10])
  }

  @Test func ratesAndNormsAreThoseOfTheLastUpdateThatMeasuredThem() throws {
    let folder = try TemporaryFolder()
    let recorder = try recorder(folder.path)
    for step in 1...5 {
      let measure = UpdateMeasure(
        name: "loss", rate: 0.5 / Double(step), gradientNorm: step == 1 ? 3 : nil, lossScale: nil, skipped: step == 4 ? 1 : 0)
      recorder.follow(.updated(iteration: step, steps: [measure]))
      steps(recorder, epoch: 1, step...step)
    }
    let others = try lines(folder.path).map { Dictionary($0.others.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) }
    #expect(others == [["rate": 0.25, "gradient_norm": 3], ["rate": 0.125, "skipped": 1]])
  }

  @Test func aboutAThousandRecordsAreMadeUnlessSomebodySaysHowMany() throws {
    let folder = try TemporaryFolder()
    let recorder = try RunRecorder(RunFolder(folder.path), Self.record, manifest: Self.manifest, epochs: 4)
    for step in 1...40 {
      recorder.follow(.step(epoch: 1, step: step, steps: 5000, numbers: [("loss", 1)], samplesPerSecond: 1, secondsLeft: 1))
    }
    #expect(try lines(folder.path).map(\.step) == [20, 40])
  }

  @Test func twoProcessesDoNotShareAFolder() throws {
    let folder = try TemporaryFolder()
    let first = try recorder(folder.path)
    let error = #expect(throws: RunError.self) { try recorder(folder.path) }
    #expect(error?.message == "another process is training in '\(folder.path)'")
    #expect(error?.help == "wait for it, or give another --out")
    #expect(RunSummary(RunFolder(folder.path)).state == .running)
    first.finish(.stopped)
    #expect(RunSummary(RunFolder(folder.path)).state == .stopped)
  }

  @Test func aRunThatEndsWithoutAWordHasCrashed() throws {
    let folder = try TemporaryFolder()
    do {
      let recorder = try recorder(folder.path)
      steps(recorder, epoch: 1, 1...5)
    }
    let summary = RunSummary(RunFolder(folder.path))
    #expect(summary.state == .crashed)
    #expect(summary.steps == 4)
    #expect(summary.epochs == 0)
    #expect(summary.number("loss")?.last == 2)
  }

  @Test func whatCannotBeWrittenDoesNotStopTheTraining() throws {
    let folder = try TemporaryFolder()
    let recorder = try recorder(folder.path)
    // Nothing can be made below a file.
    _ = try folder.file("samples", "")
    recorder.image("image", png: [], epoch: 1)
    #expect(recorder.failure?.message == "cannot write '\(folder.path)/samples/image-0001.png': Not a directory")
    steps(recorder, epoch: 1, 1...5)
    recorder.finish(.finished)
  }

  @Test func foldersAreNumberedAndForeignFilesAreKept() throws {
    let folder = try TemporaryFolder()
    #expect(RunFolder.unused(for: "m", in: folder.path).path == folder.path + "/m")
    for name in ["/m", "/m-2", "/m-x"] { mkdir(folder.path + name, 0o700) }
    // An empty folder is nobody's run.
    #expect(RunFolder.unused(for: "m", in: folder.path).path == folder.path + "/m")
    _ = try folder.file("m/weights.safetensors", "")
    _ = try folder.file("m-2/metrics.jsonl", "")
    _ = try folder.file("m-2/notes.txt", "mine")
    #expect(RunFolder.unused(for: "m", in: folder.path).path == folder.path + "/m-3")
    #expect(RunFolder.last(of: "m", in: folder.path)?.path == folder.path + "/m-2")
    try RunFolder(folder.path + "/m-2").clear()
    #expect(filesIn(folder.path + "/m-2") == ["notes.txt"])
    #expect(RunFolder.last(of: "m", in: folder.path)?.path == folder.path + "/m")
    #expect(RunFolder.last(of: "other", in: folder.path) == nil)
  }

  @Test func numbersAreJudgedByTheirNames() {
    var record = RunRecord?.none
    #expect(record.isBetter(0.9, than: 0.8, in: "accuracy"))
    #expect(record.isBetter(0.8, than: 0.9, in: "average.loss"))
    #expect(!record.isBetter(0.8, than: 0.8, in: "loss"))
    #expect(record.isBetter(0.8, than: .nan, in: "loss"))
    #expect(!record.isBetter(.nan, than: 0.8, in: "accuracy"))
    #expect(record.isBetter(-85, than: -90, in: "elbo"))
    // What is minimised and maximised says more than its name.
    record = Self.record
    record?.minimized = ["accuracy"]
    record?.maximized = ["loss"]
    #expect(record.isBetter(0.8, than: 0.9, in: "average.accuracy"))
    #expect(record.isBetter(0.9, than: 0.8, in: "loss"))
  }
}
