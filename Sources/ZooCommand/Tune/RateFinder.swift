import Glibc
import ZooFormats
import ZooRuntime
import ZooTraining
import ZooTypes

extension TuneCommand {
  /// Trains once at a rate that grows from step to step, and tells where the loss falls fastest.
  func findRate(_ open: OpenModel) throws {
    let bounds = rates.firstRange(of: "..").map { (Double(rates[..<$0.lowerBound]), Double(rates[$0.upperBound...])) }
    guard let from = bounds?.0, let to = bounds?.1, from > 0, from < to, to.isFinite else { throw TuneError.badRates(rates) }
    var range = RateRange(from...to, count: steps)
    var model = open.model
    guard var section = model.training else { throw TrainingJobError.noTraining(model: model.name) }
    for i in section.steps.indices {
      let base = section.steps[i].optimizer.rate
      // Groups keep their share of the rate.
      for group in section.steps[i].optimizer.groups.indices where base > 0 { section.steps[i].optimizer.groups[group].rate /= base }
      section.steps[i].optimizer.rate = 1
    }
    section.stopping = nil
    model.training = section

    var choices = TrainingJob.Choices()
    // As many as it may take: the last step ends it.
    choices.epochs = steps
    choices.batch = batch
    choices.seed = seed
    choices.foreign = open.foreign
    var file: String?
    choices.precision = precision.precision(weights: &file)
    choices.rateFactor = { [range] in range.rate(at: $0) }
    let job = try TrainingJob(
      model, catalog: open.zoo.catalog, manifestFolder: open.listing.manifest.folder, zooRoot: open.zoo.folder.path, choices: choices)
    let folder = RunFolder(out ?? "runs/\(open.model.name)-tune").path
    try makeFolder(folder)

    var progress = ProgressLine()
    let number = section.steps.first?.terms.first?.name ?? "loss"
    var wasInterrupted = false
    var isOver = false
    try Interrupts.cancelling(job.trainer.interruption) {
      defer { progress.clear() }
      var last = (epoch: 0, step: 0, mean: 0.0)
      do {
        _ = try job.trainer.train { event in
          guard case .step(let epoch, let step, let count, let numbers, _, _) = event, !isOver else { return }
          let mean = numbers.first { $0.name == number }?.value ?? .nan
          // The loss of this step alone, of means over the epoch; the last batch of several may be smaller than they take it to be.
          let before = last.epoch == epoch ? last : (epoch: epoch, step: 0, mean: 0.0)
          if count == 1 || step < count {
            range.add((mean * Double(step) - before.mean * Double(before.step)) / Double(step - before.step))
          } else {
            range.add(range.points.last?.loss ?? mean)
          }
          last = (epoch: epoch, step: step, mean: mean)
          let share = Double(range.points.count) / Double(range.count)
          progress.show(
            ProgressBar.line(
              "rate \(formatted("%.1e", range.rate(at: range.points.count - 1)))", share: share,
              details: ["\(number) \(shortNumber(mean))"],
              needed: [], width: Terminal.diagnostics.width - 1))
          wasInterrupted = wasInterrupted || job.trainer.interruption.isCancelled
          isOver = wasInterrupted || range.isOver
          if isOver { job.trainer.interruption.cancel() }
        }
      } catch TrainingError.diverged {
        // That is what such a test comes to.
      }
    }
    if wasInterrupted { throw Ended(status: .interrupted) }
    try report(range, open, number: number, folder: folder)
  }

  private func report(_ range: RateRange, _ open: OpenModel, number: String, folder: String) throws {
    let path = folder + "/rates.svg"
    var chart = range.chart(title: "\(open.model.name): the loss at growing rates")
    chart.panels[0].title = number
    try AtomicFile.write(Array(chart.svg.utf8), to: path)
    let suggestion = range.suggestion
    if json {
      let points = range.points.map { point -> JSON in
        .object([("rate", .number(point.rate)), ("loss", .number(point.loss)), ("smoothed", .number(point.smoothed))])
      }
      return printResult(
        JSON.object([
          ("number", .text(number)), ("suggestion", suggestion.map { .number($0) } ?? nil), ("plot", .text(path)),
          ("points", .array(points)),
        ]).text(.pretty))
    }
    let shown = range.points.filter { $0.smoothed.isFinite && $0.smoothed <= 2 * (range.points.first?.smoothed ?? 1).magnitude }
    var lines = ["\(number), smoothed, at growing rates:"]
    lines += TextPlot.lines(shown.map { ($0.rate, $0.smoothed) }, mark: suggestion, width: min(Terminal.output.width, 80))
    lines.append("")
    if let suggestion {
      let rate = formatted("%.2g", suggestion)
      lines.append("The loss falls fastest at a rate of \(rate), after \(plural(range.points.count, "step")).")
      lines.append("Plot: \(path)")
      lines.append("Try:  zoo train \(model) --set train.optimizer.rate=\(rate)")
    } else {
      lines.append("The loss falls at none of these rates. Give others with --rates, or more --steps.")
      lines.append("Plot: \(path)")
    }
    printResult(lines.joined(separator: "\n"))
  }
}
