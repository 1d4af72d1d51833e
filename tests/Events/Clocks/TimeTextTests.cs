using CartRecovery.Engine.Events;

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
    [TestCase("17959406440", "tenths of a second")]
    [TestCase("179594064400", "hundredths of a second")]
    [TestCase("17959406440000", "units of 100 microseconds")]
    [TestCase("20261129082404", "the digits of a date (yyyyMMddHHmmss)")]
    [TestCase("20261129082404000", "the digits of a date (yyyyMMddHHmmssfff)")]
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

    [TestCase("202611290824", "the digits of a date (yyyyMMddHHmm)", 1795940640000)]
    [TestCase("20261129", "the digits of a date (yyyyMMdd)", 1795910400000)]
    public void Digits_of_a_date_without_seconds_are_recognised(string time, string unit, long milliseconds) =>
        Assert.That(Read(time).Problem.Message, Is.EqualTo($"'ts' looks like {unit}, not milliseconds since 1970; send {milliseconds}"));

    [Test]
    public void Milliseconds_since_2001_are_recognised_by_the_time_of_receipt()
    {
        // 2024-11-20T09:00:00Z, 40 minutes ago.
        Assert.That(Read("753786000000").Problem.Message, Is.EqualTo("'ts' looks like milliseconds since 2001, not milliseconds since 1970; send 1732093200000"));
        Assert.That(Read("946684800000").Problem.IsError, Is.False, "2000-01-01, to which a clock without a battery is set");
    }

    [TestCase("315532800000", Description = "1980-01-01")]
    [TestCase("946684800000", Description = "2000-01-01")]
    [TestCase("20261399")]
    [TestCase("5000")]
    public void Clocks_that_are_wrong_or_reset_are_clamped(string time) => Assert.That(Read(time).Slab.Records[0].Flags, Is.EqualTo(EventFlags.Clamped | EventFlags.Server));

    [TestCase("")]
    [TestCase("12:30")]
    [TestCase("-1732095600000")]
    [TestCase("99999999999999999999")]
    public void Other_texts_are_no_times(string time) => Assert.That(Read(time).Problem.Code, Is.EqualTo("invalid_timestamp"));

    (Engine.Events.EventProblem Problem, Engine.Events.EventBuilder Event, Engine.Events.Slabs.EventSlab Slab) Read(string time) =>
        EveryDoor.Read($$"""{"id":"e1","type":"page_view","cartId":"c1","ts":"{{time}}"}""", door, EventReading.Rules());
}
