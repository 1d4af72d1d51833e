using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;

namespace CartRecovery.Engine.Ingest.Routing;

/// <summary>The decoders of both encodings, over one builder.</summary>
sealed class EventDecoders
{
    public EventDecoders(EventRules rules)
    {
        Event = new EventBuilder(rules);
        Json = new JsonEventDecoder(Event);
        MessagePack = new MessagePackEventDecoder(Event);
    }

    /// <summary>The event being decoded.</summary>
    public EventBuilder Event { get; }

    public JsonEventDecoder Json { get; }

    public MessagePackEventDecoder MessagePack { get; }
}
