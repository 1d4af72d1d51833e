using System.Text.Json;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Journeys;

/// <summary>The fields of an event's meta that journeys use. Missing fields are <see langword="null"/>.</summary>
sealed record CustomerEventMeta
{
    /// <summary>The message the event refers to.</summary>
    public string? Intervention { get; init; }

    /// <summary>email, sms or push, in lower case.</summary>
    public string? Channel { get; init; }

    /// <summary>A consent: granted or denied.</summary>
    public bool? Granted { get; init; }

    /// <summary>When a granted consent expires (ms since 1970 UTC).</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>Of a consent: where it was given, for what, and the version of the text that was shown.</summary>
    public string? Source { get; init; }

    public string? Purpose { get; init; }

    public string? TextVersion { get; init; }

    public string? Email { get; init; }

    public string? Phone { get; init; }

    public string? PushToken { get; init; }

    /// <summary>An IANA time zone.</summary>
    public string? Timezone { get; init; }

    /// <summary>The discount code of an order.</summary>
    public string? Code { get; init; }

    /// <summary>A product's name, page and image.</summary>
    public string? Name { get; init; }

    public string? Url { get; init; }

    public string? Image { get; init; }

    /// <summary>
    /// Parses a meta. A field of another form is missing, and costs no other field; of duplicate names the last one counts. Because a withdrawal must
    /// not be lost, <c>granted</c> may also be a text or 0 and 1; an <c>expiresAt</c> that cannot be read has
    /// passed. New events were checked by <see cref="ConsentRules"/>; older ones of the journal were not.
    /// </summary>
    public static CustomerEventMeta Of(ReadOnlySpan<byte> json)
    {
        var meta = new CustomerEventMeta();
        try
        {
            var reader = new Utf8JsonReader(json);
            if (json.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return meta;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                meta = meta.With(name, reader);
                reader.Skip();
            }

            return meta;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A text has half a surrogate pair.
            return new CustomerEventMeta();
        }
    }

    CustomerEventMeta With(string? name, in Utf8JsonReader value) => name switch
    {
        "intervention" => this with { Intervention = TextOf(value) },
        "channel" => this with { Channel = TextOf(value)?.Trim().ToLowerInvariant() },
        "granted" => this with { Granted = ConsentRules.FlagOf(value) },
        "expiresAt" => this with { ExpiresAt = TimeOf(value) },
        "source" => this with { Source = TextOf(value) },
        "purpose" => this with { Purpose = TextOf(value) },
        "textVersion" => this with { TextVersion = TextOf(value) },
        "email" => this with { Email = TextOf(value) },
        "phone" => this with { Phone = TextOf(value) },
        "pushToken" => this with { PushToken = TextOf(value) },
        "timezone" => this with { Timezone = TextOf(value) },
        "code" => this with { Code = TextOf(value) },
        "name" => this with { Name = TextOf(value) },
        "url" => this with { Url = TextOf(value) },
        "image" => this with { Image = TextOf(value) },
        _ => this,
    };

    static string? TextOf(in Utf8JsonReader value) => value.TokenType == JsonTokenType.String ? value.GetString() : null;

    static long? TimeOf(in Utf8JsonReader value) =>
        MetaTime.Read(value, now: 0) is var time && time == default ? null : time.Milliseconds ?? 0;
}
