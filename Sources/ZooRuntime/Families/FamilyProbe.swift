import CZoo
import Glibc
import ZooFormats

/// Looks at unknown families in processes of their own, so that one that crashes, hangs or exits takes nothing else with it.
///
/// What they find is remembered by the file's content, the program that looked, and the libraries that were loaded with it.
public struct FamilyProbe: Sendable {
  /// The program that looks, and its first arguments; the file's path follows.
  ///
  /// It does nothing but call ``answer(path:)``.
  public let command: [String]
  /// How long a family may take until it counts as hung; time in which the system let it wait for a processor does not count.
  public var limit: Duration
  /// The folder of the memory; nil: everything is looked at again each time.
  public var memory: String?
  /// Whether to forget what is known of families that crashed or hung.
  public var retries: Bool

  /// A probe by `command`.
  public init(
    command: [String], limit: Duration = .milliseconds(600), memory: String? = FamilyProbe.userMemory, retries: Bool = false
  ) {
    precondition(!command.isEmpty, "a probe needs a program to run")
    self.command = command
    self.limit = limit
    self.memory = memory
    self.retries = retries
  }

  /// `zoo` in the user's folder for caches; nil: the user has none.
  public static var userMemory: String? {
    func folder(_ variable: String) -> String? {
      // A relative path in XDG_CACHE_HOME counts as none (XDG Base Directory Specification).
      getenv(variable).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    return folder("XDG_CACHE_HOME").map { $0 + "/zoo" } ?? folder("HOME").map { $0 + "/.cache/zoo" }
  }

  /// Why the file at `path` is no family that this host can use; nil: it is one.
  package func problem(with path: String) -> FamilyError? {
    if case .problem(let reason) = look(at: [path])[0].finding { FamilyError(path, reason) } else { nil }
  }

  /// How many processes look at the same time: more than there are processors, because one that hangs does nothing else.
  private static let width = 32

  /// What is in each of the files, in their order.
  func look(at paths: [String]) -> [FamilyReport] {
    var memory = FamilyMemory(folder: memory, identity: identity, retries: retries)
    var reports: [FamilyReport?] = paths.map { path in
      do throws(FamilyError) {
        try ELFHeader.check(path)
      } catch {
        return FamilyReport(finding: .problem(error.reason))
      }
      return memory.report(on: path)
    }
    let unknown = paths.indices.filter { reports[$0] == nil }
    var running: [(index: Int, before: FileStamp?, child: ChildProcess)] = []
    var next = 0
    while next < unknown.count || !running.isEmpty {
      while next < unknown.count, running.count < Self.width {
        let index = unknown[next]
        next += 1
        // Reads the file: a slow disk then does not count against the family. Those that were started before run meanwhile.
        memory.identify(paths[index])
        let before = FileStamp(paths[index])
        do throws(ChildProcess.NotStarted) {
          running.append((index, before, try ChildProcess(command + [paths[index]], limit: limit)))
        } catch {
          reports[index] = FamilyReport(finding: .problem(.unprobed(error.words)))
        }
      }
      ChildProcess.wait(for: running.map(\.child))
      for (index, before, child) in running {
        guard let report = child.ending.map({ FamilyReport($0, limit: limit) }) else { continue }
        reports[index] = report
        // Replaced while someone looked: nobody knows at which of the two.
        if let before, before == FileStamp(paths[index]) { memory.remember(report, on: paths[index]) }
      }
      running.removeAll { $0.child.ending != nil }
    }
    memory.save()
    return reports.map { $0 ?? FamilyReport(finding: .problem(.unprobed("nothing was found"))) }
  }

  /// What the findings depend on besides the files: this build of zoo, the program that looks, how it finds libraries, and the
  /// machine, since a home may be shared between several.
  private var identity: String {
    func stamp(_ path: String) -> String { FileStamp(path)?.json.text() ?? "" }
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    var machine = utsname()
    uname(&machine)
    let name = withUnsafeBytes(of: &machine.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let parts =
      command + [
        stamp("/proc/self/exe"), stamp(command[0]), "\(ZOO_ABI_MAJOR).\(ZOO_ABI_MINOR)", variable("LD_LIBRARY_PATH"),
        variable("LD_PRELOAD"), name,
      ]
    return SHA256.digest(of: parts.joined(separator: "\n"))
  }
}
