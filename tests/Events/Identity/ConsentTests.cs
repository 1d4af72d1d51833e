using CartRecovery.Engine.Events;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>A consent that grants or refuses nothing is refused when it is told, at every door.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class ConsentTests(string door)
{
    [TestCase("""{"channel":"email","granted":true}""")]
    [TestCase("""{"channel":" SMS","granted":"False"}""")]
    [TestCase("""{"channel":"push","granted":0}""")]
    [TestCase("""{"channel":"email","granted":"1","expiresAt":null}""")]
    [TestCase("""{"channel":"email","granted":true,"expiresAt":1795940644000}""")]
    [TestCase("""{"channel":"email","granted":true,"expiresAt":"1795940644000"}""")]
    [TestCase("""{"channel":"email","granted":true,"expiresAt":"2026-11-29T08:24:04Z"}""")]
    [TestCase("""{"channel":"email","granted":false,"expiresAt":1795940644}""", Description = "a refusal does not end, and must not be lost")]
    public void What_grants_or_refuses_a_channel_is_taken(string meta) => Assert.That(Read(meta).Message, Is.Null);

    [TestCase("""{}""", "missing_field", "'channel' is missing; a consent needs channel (email, sms or push) and granted")]
    [TestCase("""{"granted":false}""", "missing_field", "'channel' is missing; a consent needs channel (email, sms or push) and granted")]
    [TestCase("""{"channel":null,"granted":false}""", "missing_field", "'channel' is missing; a consent needs channel (email, sms or push) and granted")]
    [TestCase("""{"channel":" ","granted":false}""", "missing_field", "'channel' is missing; a consent needs channel (email, sms or push) and granted")]
    [TestCase("""{"channel":["email"],"granted":false}""", "out_of_range", "'channel' must be email, sms or push")]
    [TestCase("""{"channel":"whatsapp","granted":false}""", "out_of_range", "'channel' must be email, sms or push")]
    [TestCase("""{"channel":"email"}""", "missing_field", "'granted' is missing; a consent needs channel and granted (true or false)")]
    [TestCase("""{"channel":"email","granted":null}""", "missing_field", "'granted' is missing; a consent needs channel and granted (true or false)")]
    [TestCase("""{"channel":"email","granted":"yes"}""", "wrong_type", "'granted' must be true or false")]
    [TestCase("""{"channel":"email","granted":2}""", "wrong_type", "'granted' must be true or false")]
    [TestCase("""{"channel":"email","granted":{"granted":true}}""", "wrong_type", "'granted' must be true or false")]
    public void What_has_no_effect_is_refused(string meta, string code, string message) =>
        Assert.That((Read(meta).Code, Read(meta).Message), Is.EqualTo((code, message)));

    [TestCase("1795940644", "'expiresAt' looks like seconds, not milliseconds since 1970; send 1795940644000")]
    [TestCase("\"1795940644\"", "'expiresAt' looks like seconds, not milliseconds since 1970; send 1795940644000")]
    [TestCase("1795940644000000", "'expiresAt' looks like microseconds, not milliseconds since 1970; send 1795940644000")]
    [TestCase("20261129", "'expiresAt' looks like the digits of a date (yyyyMMdd), not milliseconds since 1970; send 1795910400000")]
    [TestCase("0", "'expiresAt' must be milliseconds since 1970 or RFC 3339 with a zone")]
    [TestCase("\"tomorrow\"", "'expiresAt' must be milliseconds since 1970 or RFC 3339 with a zone")]
    [TestCase("\"2026-11-29\"", "'expiresAt' must be milliseconds since 1970 or RFC 3339 with a zone")]
    [TestCase("true", "'expiresAt' must be milliseconds since 1970 or RFC 3339 with a zone")]
    public void An_end_in_another_unit_is_refused_with_a_guess(string expiresAt, string message)
    {
        var problem = Read($$"""{"channel":"email","granted":true,"expiresAt":{{expiresAt}}}""");
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("invalid_timestamp", message)));
    }

    [Test]
    public void The_fields_may_stand_beside_meta_and_only_the_last_of_a_name_counts()
    {
        Assert.That(EveryDoor.Read(Event("\"channel\":\"email\",\"granted\":\"no\""), door).Problem.Code, Is.EqualTo("wrong_type"));
        Assert.That(EveryDoor.Read(Event("\"channel\":\"email\",\"granted\":true,\"meta\":{\"granted\":5}"), door).Problem.IsError, Is.False);
        Assert.That(EveryDoor.Read(Event("\"x\":1"), door).Problem.Code, Is.EqualTo("missing_field"));
    }

    [TestCase("consent", """{"channel":"\ud800","granted":true}""")]
    [TestCase("consent", """{"channel":"email","granted":"\ud800"}""")]
    [TestCase("identify", """{"email":"\ud800"}""")]
    public void Half_a_surrogate_pair_is_refused(string type, string meta)
    {
        if (door != "messagepack")
        {
            Assert.That(EveryDoor.Read($$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":{{EventReading.Now}},"meta":{{meta}}}""", door).Problem.IsError, Is.True);
        }
    }

    EventProblem Read(string meta) => EveryDoor.Read(Event($"\"meta\":{meta}"), door).Problem;

    static string Event(string fields) => $$"""{"id":"e1","type":"consent","cartId":"c1","ts":{{EventReading.Now}},{{fields}}}""";
}
