using CartRecovery.Engine.Events;

namespace CartRecovery.Tests.Events.Identity;

/// <summary>An address that nothing can be sent to is refused when it is named, at every door.</summary>
[TestFixtureSource(typeof(EveryDoor), nameof(EveryDoor.Names))]
public sealed class IdentifyAddressTests(string door)
{
    static readonly EventRules s_german = EventReading.AnyTime() with { Country = "DE" };

    [TestCase("\"+4915112340000\"")]
    [TestCase("\"+49 151 12340000\"")]
    [TestCase("\"\"")]
    [TestCase("null")]
    public void An_international_number_is_taken_without_a_country(string phone) => Assert.That(Read($$"""{"phone":{{phone}}}""").IsError, Is.False);

    [TestCase("\"0151 12340000\"")]
    [TestCase("\"call me\"")]
    [TestCase("\"+49\"")]
    [TestCase("\"+99915112340000\"")]
    [TestCase("\"112\"")]
    [TestCase("4915112340000")]
    [TestCase("[\"+4915112340000\"]")]
    [TestCase("{}")]
    public void What_is_no_number_is_refused(string phone)
    {
        var problem = Read($$"""{"email":"jo@shop.example","phone":{{phone}}}""");
        Assert.That((problem.Code, problem.Message), Is.EqualTo(
            ("invalid_address", "'phone' must be an international number like +31612345678; the store has no country for national ones (stores[].country)")));
    }

    [Test]
    public void A_national_number_is_one_of_the_stores_country()
    {
        Assert.That(Read("""{"phone":"0151 12340000"}""", s_german).IsError, Is.False);
        Assert.That(Read("""{"phone":"12"}""", s_german).Message, Is.EqualTo("'phone' must be a number like +31612345678, or a national one of DE"));
    }

    [TestCase("\"jo@shop.example\"", false)]
    [TestCase("\" jo@shop.example \"", false)]
    [TestCase("\"jo@m\u00fcller.example\"", false)]
    [TestCase("\"\"", false)]
    [TestCase("\"jo\"", true)]
    [TestCase("\"@shop.example\"", true)]
    [TestCase("\"jo@\"", true)]
    [TestCase("\"Jo <jo@shop.example>\"", true)]
    [TestCase("\"jo@shop.example, al@shop.example\"", true)]
    [TestCase("\"jo@\u00fc..example\"", true)]
    [TestCase("5", true)]
    public void An_email_address_is_checked_too(string email, bool isRefused) =>
        Assert.That(Read($$"""{"email":{{email}}}""").Code, Is.EqualTo(isRefused ? "invalid_address" : "none"));

    [Test]
    public void The_fields_may_stand_beside_meta_and_only_the_last_of_a_name_counts()
    {
        Assert.That(EveryDoor.Read(Event("identify", "\"phone\":\"call me\""), door).Problem.Code, Is.EqualTo("invalid_address"));
        Assert.That(EveryDoor.Read(Event("identify", "\"phone\":\"+4915112340000\",\"meta\":{\"phone\":\"call me\"}"), door).Problem.IsError, Is.False);
        Assert.That(Read("""{"nested":{"phone":"call me"},"list":[{"phone":"x"}]}""").IsError, Is.False);
    }

    [Test]
    public void Other_events_may_say_what_they_like() =>
        Assert.That(EveryDoor.Read(Event("page_view", "\"meta\":{\"phone\":\"call me\",\"email\":7}"), door).Problem.IsError, Is.False);

    EventProblem Read(string meta, EventRules? rules = null) => EveryDoor.Read(Event("identify", $"\"meta\":{meta}"), door, rules).Problem;

    static string Event(string type, string more) => $$"""{"id":"e1","type":"{{type}}","cartId":"c1","ts":1732095600000,{{more}}}""";
}
