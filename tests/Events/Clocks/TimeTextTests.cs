namespace CartRecovery.Tests.Events.Clocks;

/// <summary>Times that are numbers as texts, as PHP, forms and tag managers send them.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class TimeTextTests(string door)
{
    [Test]
    public void Milliseconds_as_text_are_taken() => Assert.That(Read("1732095600000").Slab.Records[0].Timestamp, Is.EqualTo(1732095600000));

    [TestCase("1795940644", "seconds")]
    [TestCase("1795940644000000", "microseconds")]
    [TestCase("1795940644000000000", "nanoseconds")]
    [TestCase("817633444", "seconds since 2001")]
    [TestCase("17959406440000000", "units of 100 nanoseconds")]
    [TestCase("13440414244000000", "microseconds since 1601")]
    [TestCase("134404142440000000", "units of 100 nanoseconds since 1601 (a Windows file time)")]
    [TestCase("639315374440000000", "units of 100 nanoseconds since year 1 (.NET ticks)")]
    public void Another_unit_is_guessed_in_a_text_too(string time, string unit)
    {
        var problem = Read(time).Problem;
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("invalid_timestamp", $"'ts' looks like {unit}, not milliseconds since 1970; send 1795940644000")));
    }

    [TestCase("")]
    [TestCase("12:30")]
    [TestCase("-1732095600000")]
    [TestCase("99999999999999999999")]
    public void Other_texts_are_no_times(string time) => Assert.That(Read(time).Problem.Code, Is.EqualTo("invalid_timestamp"));

    (Engine.Events.EventProblem Problem, Engine.Events.EventBuilder Event, Engine.Events.Slabs.EventSlab Slab) Read(string time) =>
        EveryDoor.Read($$"""{"id":"e1","type":"page_view","cartId":"c1","ts":"{{time}}"}""", door, EventReading.Rules());
}
