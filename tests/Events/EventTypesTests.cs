using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.DeadLetters;

namespace CartRecovery.Tests.Events;

public sealed class EventTypesTests
{
    [Test]
    public void Every_type_has_one_row_in_the_order_of_its_number()
    {
        Assert.That(EventTypes.All.Select(row => row.Type), Is.EqualTo(Enum.GetValues<EventType>().Where(type => type != EventType.None)));
        Assert.That((int)EventTypes.All[^1].Type, Is.EqualTo(EventTypes.Count - 1));
    }

    [TestCaseSource(nameof(Rows))]
    public void A_name_is_parsed_to_its_type_and_back(EventTypeRow row)
    {
        Assert.That(EventTypes.Parse(Encoding.UTF8.GetBytes(row.Name)), Is.EqualTo(row.Type));
        Assert.That(EventTypes.NameOf(row.Type), Is.EqualTo(row.Name));
    }

    [TestCase("")]
    [TestCase("purchas")]
    [TestCase("Purchase")]
    [TestCase("purchase ")]
    [TestCase("page_vieww")]
    public void Another_name_is_none(string name) => Assert.That(EventTypes.Parse(Encoding.UTF8.GetBytes(name)), Is.EqualTo(EventType.None));

    [Test]
    public void An_alias_means_one_type()
    {
        var aliases = EventTypes.All.SelectMany(row => row.Aliases).ToArray();
        Assert.That(aliases, Is.Unique);
        Assert.That(aliases, Is.All.Matches<string>(alias => alias == FieldRules.Plain(alias!)), "without case and separators");
    }

    // The customers' side hears of a message's outcome because of the table, not because of where its number stands.
    [TestCaseSource(nameof(Rows))]
    public void What_ends_contact_is_a_message_event_and_every_message_event_concerns_a_customer(EventTypeRow row)
    {
        Assert.That(row.Traits.HasFlag(EventTraits.EndsContact) && !row.Traits.HasFlag(EventTraits.Message), Is.False);
        Assert.That(row.Traits.HasFlag(EventTraits.Message) && !row.Traits.HasFlag(EventTraits.ConcernsCustomer), Is.False);
    }

    static IReadOnlyList<EventTypeRow> Rows => EventTypes.All;
}
