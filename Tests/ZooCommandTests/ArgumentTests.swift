import Testing
import ZooCommand

/// Arguments that make no sense, and those that ask for nothing but words.
@Suite struct ArgumentTests {
  @Test func theVersionIsOneLine() throws {
    let result = try zoo("--version")
    #expect(result.output == "zoo 0.1.0\n")
    #expect(result.errors == "")
    #expect(result.status == 0)
  }

  @Test func helpIsAResult() throws {
    let result = try zoo("help run")
    #expect(result.output.contains("USAGE: zoo run <model>"))
    #expect(result.errors == "")
    #expect(result.status == 0)
    for line in result.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test(arguments: [
    ("lsit", "there is no command 'lsit'", "did you mean 'list'?"),
    ("dance", "there is no command 'dance'", "there are list, info, run, train, eval, bench, check, draw, runs, tune, new"),
    ("list --jsn", "unknown option '--jsn'", "did you mean '--json'?"),
    ("run", "missing expected argument '<model>'", "'zoo run --help' shows what there is"),
    ("run chain-rule --set x", "--set takes NAME=VALUE, but was given 'x'", "'zoo info' of the model lists its settings"),
    (
      "bench chain-rule --batch 0", "the value '0' is invalid for '--batch <count>': it must be a whole number from 1",
      "'zoo bench --help' shows what there is"
    ),
    ("run nonsense", "there is no model 'nonsense'", "'zoo list models' shows them all; a manifest elsewhere is named by its path"),
    ("run chain-rul", "there is no model 'chain-rul'", "did you mean 'chain-rule'?"),
    ("run manifests/basics/chain-rul.json", "there is no manifest 'manifests/basics/chain-rul.json'", "did you mean 'chain-rule.json'?"),
    ("info core.mutliply", "there is no model, kind or codec 'core.mutliply'", "did you mean 'core.multiply'?"),
    ("info multiply", "there is no model, kind or codec 'multiply'", "did you mean 'core.multiply'?"),
    ("run chain-rule --input y1=a.npy", "there is no input 'y1'", "did you mean 'x1'?"),
    (
      "run chain-rule --input a.npy", "--input a.npy does not say which input is meant",
      "write --input NAME=a.npy; NAME is one of x1, x2"
    ),
    ("run chain-rule --output M=a.npy", "there is no output 'M'", "it has L"),
    ("run chain-rule --input x1=a.npy --input x1=b.npy", "input 'x1' is given twice", "give it once"),
    ("run chain-rule", "input 'x1' [] is not given", "give it with --input x1=FILE"),
    (
      "run chain-rule --output L=a.xyz", "no codec writes 'a.xyz'",
      "files to write end in .csv, .edgelist, .edges, .jpeg, .jpg, .npy, .npz, .png, .safetensors, .tsv, .txt, .wav"
    ),
    ("info two-three-one --graph decode", "there is no graph 'decode'", "it has main"),
    ("bench two-three-one --graph decode", "there is no graph 'decode'", "it has main"),
    (
      "bench two-three-one --train --graph main", "--train measures the graph that is trained, so there is no --graph to choose",
      "'zoo bench --help' shows what there is"
    ),
    ("bench two-three-one --axis M=3", "no input has an axis 'M'", "it has N"),
    ("bench two-three-one --axis N", "--axis takes NAME=LENGTH, but was given 'N'", "'zoo info' of the model shows the axes of its inputs"),
    (
      "info chain-rule --set depth=2", "manifests/basics/chain-rule.json: the manifest has no setting 'depth'", "the manifest has none"
    ),
    ("list --zoo /nowhere", "there is no folder '/nowhere', which --zoo names", "name one with --zoo FOLDER or ZOO_PATH"),
    ("list --zoo .", "'.', which --zoo names, is no zoo: it has no folder 'plugins'", "did you mean './zoo'?"),
  ]) func whatMakesNoSenseIsSaidWithWhatToDo(line: String, message: String, help: String) throws {
    let result = try zoo(line)
    #expect(result.errors == "zoo: \(message)\n  help: \(help)\n")
    #expect(result.output == "")
    #expect(result.status == 64)
  }

  @Test func anExplicitZooPathIsNotSearchedBeyond() throws {
    let result = try zoo("list", environment: ["ZOO_PATH": "/nowhere"])
    #expect(result.errors == "zoo: there is no folder '/nowhere', which ZOO_PATH names\n  help: name one with --zoo FOLDER or ZOO_PATH\n")
    #expect(result.status == 64)
  }
}
