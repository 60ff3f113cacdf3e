import CGuard
import CHost
import CZoo
import Glibc
import ZooFormats
package import ZooRuntime
import ZooTypes

/// The process in which one check runs.
package enum CheckChild {
  /// Runs one check in this process, which may not survive that, and writes lines of JSON to standard output: how far it has come,
  /// then how it ended.
  package static func answer(family path: String, check id: String, kind name: String?, foreign: ForeignLibraries) -> Int32 {
    let output = zoo_child_begin(300)
    guard output >= 0, let check = Check.all.first(where: { $0.id == id }) else { return 1 }
    zoo_guard_report(output)
    let progress = Progress(descriptor: output)
    progress.enter("load")
    func end(_ outcome: String, _ words: String) {
      progress.say([("outcome", JSON(.string(outcome))), ("words", JSON(.string(words)))])
    }
    zoo_host_offer_least(check.isBare ? 1 : 0)
    do {
      let family = try Family(loading: path)
      let kind = name.flatMap { name in family.kinds.first { $0.name == name } }
      try check.body(CheckContext(family: family, kind: kind, foreign: foreign, progress: progress))
      end("passed", "")
    } catch let failure as CheckFailure {
      end("failed", failure.words)
    } catch let skip as CheckSkip {
      end("skipped", skip.words)
    } catch let failure as UnreadableCase {
      end("failed", failure.words)
    } catch let failure as LayerFailure where failure.status == Int32(ZOO_NOT_ALLOWED) {
      end("skipped", failure.words)
    } catch let failure as LayerFailure {
      end("failed", failure.said)
    } catch let error as any ExplainedError {
      end("failed", error.message)
    } catch {
      end("failed", "\(error)")
    }
    return 0
  }
}
