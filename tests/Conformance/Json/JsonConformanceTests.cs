using System.Text;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Conformance.Json;

/// <summary>
/// Runs the public JSONTestSuite (Nicolas Seriot, MIT, beside this file) against the ingest. <c>y_</c> must be accepted, <c>n_</c>
/// rejected, <c>i_</c> is implementation-defined.
/// </summary>
public sealed class JsonConformanceTests
{
    static readonly string s_folder = Path.Combine(Repository.Root, "tests", "Conformance", "Json", "suite");
    static readonly string[] s_notJson = ["invalid_json", "invalid_utf8"];

    PartitionSet _partitions = null!;

    static IEnumerable<string> Accepted => Files("y_");

    static IEnumerable<string> Refused => Files("n_");

    static IEnumerable<string> Either => Files("i_");

    [OneTimeSetUp]
    public void Open() => _partitions =
        new PartitionSet(1, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero);

    [OneTimeTearDown]
    public void Close() => _partitions.Dispose();

    [Test]
    public void The_suite_is_complete() =>
        Assert.That((Accepted.Count(), Refused.Count(), Either.Count()), Is.EqualTo((95, 188, 35)));

    [TestCaseSource(nameof(Accepted))]
    public void Valid_JSON_is_accepted_within_an_event_and_detected_as_JSON(string file)
    {
        var content = File.ReadAllBytes(Path.Combine(s_folder, file));

        Assert.That(ProblemsOf(Within(content)), Is.Empty);
        Assert.That(ProblemsOf(content), Has.None.AnyOf(s_notJson));
    }

    [TestCaseSource(nameof(Refused))]
    public void Invalid_JSON_is_rejected(string file)
    {
        var content = File.ReadAllBytes(Path.Combine(s_folder, file));

        Assert.That(ProblemsOf(content), Has.Some.AnyOf(s_notJson));
    }

    [TestCaseSource(nameof(Either))]
    public void Implementation_defined_JSON_is_accepted_or_rejected(string file)
    {
        var content = File.ReadAllBytes(Path.Combine(s_folder, file));

        Assert.That(ProblemsOf(Within(content)), Is.Empty.Or.Some.AnyOf([.. s_notJson, "invalid_event"]));
        ProblemsOf(content);
    }

    static byte[] Within(byte[] value) => [.. "{\"id\":\"a\",\"type\":\"page_view\",\"cartId\":\"c\",\"ts\":0,\"x\":"u8, .. value, .. "}"u8];

    // The message and a following event, which must be accepted in any case.
    List<string> ProblemsOf(byte[] message)
    {
        var source = new RecordingSource();
        var router = new EventRouter(_partitions, EventReading.Rules(), 2500, Protocol.Tcp, new IngestCounters(), source, source);
        router.BeginRead();
        router.RouteJson(message);
        List<string> problems = [.. source.Rejected.Select(r => r.Code)];
        var taken = router.Received;
        router.RouteJson(Encoding.UTF8.GetBytes(new TestEvent("page_view", EventReading.Now).ToString()));
        Assert.That((router.Received, source.Rejected.Count), Is.EqualTo((taken + 1, problems.Count)));
        return problems;
    }

    static IEnumerable<string> Files(string prefix) =>
        Directory.EnumerateFiles(s_folder, prefix + "*").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);
}
