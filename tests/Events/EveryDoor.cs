using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Tests.Events;

/// <summary>Reads an event as JSON in the common form and in any form, as MessagePack, and back from the journal.</summary>
static class EveryDoor
{
    public static readonly string[] Names = ["json", "any json", "messagepack"];

    /// <summary>Reads the event through a door.</summary>
    /// <param name="json">The event, in JSON.</param>
    /// <param name="door">One of <see cref="Names"/>.</param>
    /// <param name="rules">The rules; those of a server unless set.</param>
    public static (EventProblem Problem, EventBuilder Event, EventSlab Slab) Read(string json, string door, EventRules? rules = null)
    {
        var builder = new EventBuilder(rules ?? EventReading.AnyTime());
        var message = Encoding.UTF8.GetBytes(json);
        var at = 0;
        EventProblem problem;
        if (door == "messagepack")
        {
            message = JsonToMessagePack.Convert(message);
            problem = new MessagePackEventDecoder(builder).Decode(message, ref at, EventReading.Now);
        }
        else
        {
            var decoder = new JsonEventDecoder(builder);
            problem = door == "json" ? decoder.Decode(message, ref at, EventReading.Now) : decoder.DecodeAnyForm(message, ref at, EventReading.Now);
        }

        var slab = new EventSlab { ReceivedAt = EventReading.Now };
        if (!problem.IsError)
        {
            builder.AppendTo(slab, message);
        }

        return (problem, builder, slab);
    }

    /// <summary>Reads a valid event through a door, writes it to a block of the journal and reads it back.</summary>
    public static EventSlab ReadJournaled(string json, string door)
    {
        var (problem, _, slab) = Read(json, door);
        Assert.That(problem.IsError, Is.False, problem.Message);
        var stores = new JournalStores("demo"u8.ToArray());
        var writer = new EventBlockWriter(stores);
        writer.Begin();
        writer.Add(slab);
        var reader = new EventBlockReader(stores);
        reader.Open(writer.Finish());
        var replayed = new EventSlab();
        Assert.That(reader.TryRead(replayed), Is.True);
        return replayed;
    }
}
