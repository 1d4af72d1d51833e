using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;

namespace CartRecovery.Tests.Events;

public sealed class EventTypesTests
{
    [Test]
    public void Event_types_are_listed_once_in_numeric_order()
    {
        Assert.That(EventTypes.All.Select(row => row.Type), Is.EqualTo(Enum.GetValues<EventType>().Where(type => type != EventType.None)));
        Assert.That((int)EventTypes.All[^1].Type, Is.EqualTo(EventTypes.Count - 1));
    }

    [TestCaseSource(nameof(Rows))]
    public void A_name_is_parsed_to_its_type_and_formatted_back(EventTypeRow row)
    {
        Assert.That(EventTypes.Parse(Encoding.UTF8.GetBytes(row.Name)), Is.EqualTo(row.Type));
        Assert.That(EventTypes.NameOf(row.Type), Is.EqualTo(row.Name));
    }

    [TestCase("")]
    [TestCase("purchas")]
    [TestCase("Purchase")]
    [TestCase("purchase ")]
    [TestCase("page_vieww")]
    public void An_unknown_name_is_not_parsed(string name) => Assert.That(EventTypes.Parse(Encoding.UTF8.GetBytes(name)), Is.EqualTo(EventType.None));

    [Test]
    public void An_alias_maps_to_one_type()
    {
        var aliases = EventTypes.All.SelectMany(row => row.Aliases).ToArray();
        Assert.That(aliases, Is.Unique);
        Assert.That(aliases, Is.All.Matches<string>(alias => alias == FieldRules.Plain(alias!)), "without case and separators");
    }

    // Journeys see message outcomes by the table's property, not by the type's number.
    [TestCaseSource(nameof(Rows))]
    public void Contact_ending_events_are_message_events_and_those_concern_customers(EventTypeRow row)
    {
        Assert.That(row.Traits.HasFlag(EventTraits.EndsContact) && !row.Traits.HasFlag(EventTraits.Message), Is.False);
        Assert.That(row.Traits.HasFlag(EventTraits.Message) && !row.Traits.HasFlag(EventTraits.ConcernsCustomer), Is.False);
    }

    static IReadOnlyList<EventTypeRow> Rows => EventTypes.All;
}
