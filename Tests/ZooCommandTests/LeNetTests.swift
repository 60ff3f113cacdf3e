import Testing
import ZooFormats
import ZooTestSupport

/// The first model of the zoo on real handwritten digits, from file to answer.
@Suite struct LeNetTests {
  @Test(arguments: [0, 7]) func theLikeliestDigitsArePrintedWithProbabilities(digit: Int) throws {
    let result = try zoo("run lenet5 --input image=zoo/data/samples/\(digit).png")
    #expect(result.errors == "")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.count == 3)
    #expect(lines.first?.first == "\(digit)")
    let percents = lines.compactMap { Double($0[1]) }
    #expect(percents.count == 3 && percents == percents.sorted(by: >) && percents.allSatisfy { $0 <= 100 })
    #expect(lines.allSatisfy { $0.last == "%" })
  }

  @Test func theSampleTheOnlyInputAndJSONAgree() throws {
    let sample = try zoo("run lenet5")
    #expect(sample.output == (try zoo("run lenet5 --input zoo/data/samples/7.png")).output)
    let json = try JSONDocument(Array(try zoo("run lenet5 --json").output.utf8), file: "output").root
    let labels = try #require(json["outputs"]?["digit"]?.array)
    #expect(labels.count == 3)
    #expect(labels[0]["label"] == "7")
    #expect(labels[0]["index"] == 7)
    #expect(try #require(labels[0]["probability"]?.number) > 0.5)
  }

  @Test func foldingLayersChangesNothingThatIsShown() throws {
    #expect(try zoo("run lenet5 --no-fuse").output == (try zoo("run lenet5")).output)
    #expect(try zoo("run lenet5 --threads 1").output == (try zoo("run lenet5 --threads 2")).output)
  }

  @Test func anImageWithAnUnknownOutputIsRefused() throws {
    let result = try zoo("run lenet5 --output digits")
    #expect(result.errors == "zoo: there is no output 'digits'\n  help: did you mean 'digit'?\n")
    #expect(result.status == 64)
  }

  // 6 * (25 + 1) + 16 * (150 + 1) + 120 * 401 + 84 * 121 + 10 * 85 = 61,706, as in the paper but for its trained pooling.
  @Test func itsLayersAndParametersAreThoseOfThePaper() throws {
    let result = try zoo("info lenet5")
    #expect(result.status == 0)
    #expect(result.output.contains("c1                cnn.conv2d          [N, 28, 28, 6]          156\n"))
    #expect(result.output.contains("\noutput            core.dense          [N, 10]                 850\n"))
    #expect(result.output.contains("61,706 parameters, 241 KiB of weights."))
    #expect(result.output.contains("\nTraining on zoo/data/mnist5k.npz: "))
    #expect(result.output.contains(" Rows 4,000 to 4,999 are held out."))
    for line in result.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    let json = try JSONDocument(Array(try zoo("info lenet5 --json").output.utf8), file: "output").root
    #expect(json["totals"]?["parameters"] == 61706)
    #expect(json["totals"]?["weight_bytes"] == 246_824)
    #expect(json["layers"]?.array?.count == 12)
  }
}
