using CartRecovery.Bench.Load;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Bench;

/// <summary>Runs the load generator against the engine over every transport and format.</summary>
[TestFixture]
sealed class LoadOfTheEngineTests : EngineFixture
{
    [Test]
    public async Task Every_event_is_accounted_for([Values("json", "msgpack")] string format, [Values] bool overTcp, [Values(1, 20)] int perMessage)
    {
        var options = new LoadOptions
        {
            Url = $"ws://{Engine.Stream}/v1/stream",
            Tcp = overTcp ? Engine.Stream.ToString() : null,
            Metrics = $"{Engine.Http.BaseAddress}metrics",
            Events = RealEvents.File(),
            Format = format,
            PerMessage = perMessage,
            Connections = 2,
            Carts = 100,
            Rate = 10_000,
            Duration = "200ms",
        };
        Assert.That(options.Problems(), Is.Empty);
        var report = await LoadRun.RunAsync(options, TextWriter.Null, colour: false, CancellationToken.None);

        Assert.That(report.Errors, Is.Empty);
        Assert.That((report.Sent, report.Acked, report.Engine!.Processed), Is.EqualTo((2000, 2000, 2000)));
        Assert.That(report.Passed, Is.True);
    }
}
