import ZooFormats
import ZooRuntime
import ZooTraining

/// What a training run says about itself: a line that is drawn over on a terminal, one line an epoch in a pipe, JSON if that is wanted.
struct TrainingReport {
  private let model: String
  private let epochs: Int
  private let holdsOut: Bool
  private let json: Bool
  private let printsEpochs: Bool
  private var progress = ProgressLine()
  private var titles: [String] = []
  private var widths: [Int] = []
  /// Why training ended before its last epoch.
  private var ending: String?
  private var waiting: WaitNotice
  private var isNew = false  // whether anything was trained

  /// `holdsOut`: some rows are kept from training, and evaluated; otherwise those that are trained on are, after each epoch.
  init(model: String, epochs: Int, holdsOut: Bool, json: Bool) {
    (self.model, self.epochs, self.holdsOut, self.json) = (model, epochs, holdsOut, json)
    waiting = WaitNotice(epochs: epochs)
    printsEpochs = !json && !(Terminal.output.isTerminal && Terminal.diagnostics.isTerminal)
  }

  /// Tells of one event.
  mutating func follow(_ event: TrainingEvent) {
    switch event {
    case .step(let epoch, let step, let steps, let numbers, let rate, let left):
      progress.show(
        ProgressBar.line(
          "epoch \(epoch)/\(epochs)", share: Double(step) / Double(max(steps, 1)),
          details: numbers.map { "\($0.name) \(number($0.value))" } + ["\(Quantity.digits(rate))/s"],
          needed: ["\(Quantity.wait(left)) left"], width: Terminal.diagnostics.width - 1))
    case .epoch(let epoch, let count, let training, let validation, let rate, let seconds, let waited):
      if json {
        progress.clear()
        printResult(
          JSON.object([
            ("event", .text("epoch")), ("epoch", .integer(epoch)), ("epochs", .integer(count)), ("training", object(training)),
            ("validation", object(validation)), ("samples_per_second", .number(rate)), ("seconds", .number(seconds)),
            ("seconds_waiting_for_data", .number(waited)),
          ]).text())
      } else if printsEpochs {
        progress.clear()
        printRow(epoch, training, validation, rate)
      }
      if !json, let words = waiting.words(epoch: epoch, seconds: seconds, waited: waited) {
        progress.clear()
        printDiagnostic(words)
      }
    case .stoppedEarly(let name, let best, let epoch, _):
      ending =
        best.isFinite
        ? "Stopped early: \(name) was best in epoch \(epoch), \(number(best))." : "Stopped early: \(name) was never a finite number."
    case .updated: isNew = true
    case .saved, .resumed, .checkpointed, .best: break
    }
  }

  /// Removes the line that is drawn over.
  mutating func clear() { progress.clear() }

  /// Tells how it ended, and where the weights are.
  mutating func finish(_ summary: TrainingSummary, weights: String) {
    if json {
      return printResult(
        JSON.object([
          ("event", .text("end")), ("interrupted", .boolean(summary.wasInterrupted)), ("epochs", .integer(summary.epochs)),
          ("steps", .integer(summary.steps)), ("skipped", .integer(summary.skipped)), ("stopped_early", .boolean(summary.wasStoppedEarly)),
          ("training", object(summary.training)), ("validation", object(summary.validation)),
          ("seconds", .number(summary.seconds)), ("weights", .text(weights)),
        ]).text())
    }
    let work = "\(plural(summary.epochs, "epoch")), \(plural(summary.steps, "step")), \(Quantity.duration(summary.seconds))"
    if !isNew, !summary.wasInterrupted {
      let done = "Nothing is left to train after \(plural(summary.epochs, "epoch")); --epochs gives more."
      return printResult("\(done)\nWeights:  \(weights)\nUse them: zoo run \(model) --weights \(weights)")
    }
    var lines = [summary.wasInterrupted ? "Stopped after \(work), as you asked." : "Trained for \(work)."]
    if let ending { lines.append(ending) }
    if summary.skipped > 0 { lines.append("Left out: \(plural(summary.skipped, "update")) whose gradients were not finite.") }
    if !summary.training.isEmpty { lines.append("Training: \(sentence(summary.training, separator: ", "))") }
    if !summary.validation.isEmpty {
      lines.append("\(holdsOut ? "Held out" : "After it"): \(sentence(summary.validation, separator: ", "))")
    }
    lines += ["Weights:  \(weights)", "Use them: zoo run \(model) --weights \(weights)"]
    printResult(lines.joined(separator: "\n"))
  }

  /// One line of a table whose columns are as wide as their titles, or as the numbers that are expected there.
  private mutating func printRow(_ epoch: Int, _ training: TrainingEvent.Numbers, _ validation: TrainingEvent.Numbers, _ rate: Double) {
    let evaluated = validation.map { holdsOut ? "HELD-OUT \($0.name.uppercased())" : "\($0.name.uppercased()) AFTER" }
    let titles = ["EPOCH"] + training.map { $0.name.uppercased() } + evaluated + ["SAMPLES/S"]
    // Averages may begin later than training.
    if titles != self.titles {
      self.titles = titles
      widths = titles.map { max($0.count, 7) }
      widths[0] = max(widths[0], "\(epochs)/\(epochs)".count)
      printResult(line(titles))
    }
    printResult(line(["\(epoch)/\(epochs)"] + (training + validation).map { number($0.value) } + [Quantity.digits(rate)]))
  }

  private func line(_ cells: [String]) -> String {
    zip(cells, widths).map { String(repeating: " ", count: max($1 - $0.count, 0)) + $0 }.joined(separator: "  ")
  }

  private func object(_ numbers: TrainingEvent.Numbers) -> JSON { .object(numbers.map { ($0.name, .number($0.value)) }) }
}

/// Such as `loss 0.1234, accuracy 0.9640`.
private func sentence(_ numbers: TrainingEvent.Numbers, separator: String) -> String {
  numbers.map { "\($0.name) \(number($0.value))" }.joined(separator: separator)
}

private func number(_ value: Double) -> String { formatted(value.magnitude < 1000 ? "%.4f" : "%.4g", value) }
