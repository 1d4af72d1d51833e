using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Messages;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Api.Customers;

/// <summary>Validates a change of a customer before it becomes an event. The event's decoder validates addresses.</summary>
static class UserChangeCheck
{
    /// <summary>Maximum number of attributes of a request, and of consents (one for each channel).</summary>
    public const int MaxAttributes = 32, MaxConsents = 3;

    // The id of a consent's event is that of the request, a dot and the channel.
    const int MaxText = 2048, MaxProof = 200, MaxZone = 64, MaxId = EventSlab.MaxSentIdLength - 6;

    /// <summary>A request contains a masked value of a response.</summary>
    public static readonly HttpProblem Masked = new(400, "masked_value", "A value is masked, as the API shows it to those who may not see personal data. Leave it out, or send the value itself.");

    static readonly string[] s_channels = ["email", "sms", "push"];

    /// <summary>Validates a change. Returns the first problem; <see langword="null"/> if it is valid.</summary>
    public static HttpProblem? ProblemOf(UserChange change)
    {
        if (change.Id is { } id && (id.Length == 0 || Encoding.UTF8.GetByteCount(id) > MaxId))
        {
            return Wrong($"id: expected 1 to {MaxId} bytes of UTF-8");
        }

        if (change.NullField is { } field)
        {
            return Wrong($"{field}: null does not remove it. Leave the field out to keep it; to stop messages, refuse consent for the channel or suppress the address");
        }

        foreach (var (name, text) in new[] { ("email", change.Email), ("phone", change.Phone), ("pushToken", change.PushToken) })
        {
            if (text is not null && PersonalDataView.IsMaskedAddress(text))
            {
                return Masked with { Detail = $"{name}: the value is masked. Leave it out, or send the value itself." };
            }

            if (text is { Length: 0 or > MaxText })
            {
                return Wrong($"{name}: expected 1 to {MaxText} characters");
            }
        }

        if (change.Timezone is { } zone && (zone.Length > MaxZone || !TimeZones.TryFind(zone, out _)))
        {
            return Wrong("timezone: expected an IANA time zone, such as Europe/Amsterdam");
        }

        return AttributeProblem(change.Attributes) ?? (change.Consents ?? []).Select(ConsentProblem).FirstOrDefault(problem => problem is not null)
            ?? (change.Consents?.Count > MaxConsents || change.Consents?.DistinctBy(consent => consent.Channel, StringComparer.Ordinal).Count() < change.Consents?.Count
                ? Wrong("consents: expected one for a channel at most") : null);
    }

    static HttpProblem? AttributeProblem(IReadOnlyDictionary<string, JsonElement>? attributes)
    {
        if (attributes?.Count > MaxAttributes)
        {
            return Wrong($"attributes: expected at most {MaxAttributes}");
        }

        foreach (var (name, value) in attributes ?? new Dictionary<string, JsonElement>())
        {
            if (!CustomerAttributes.IsName(name))
            {
                return Wrong($"attributes: '{(name.Length > 64 ? name[..64] : name)}' is no name of an attribute: expected 1 to 64 characters, and not what is an address, the time zone or a field of events");
            }

            if (Texts(value).Any(PersonalDataView.IsMaskedText))
            {
                return Masked with { Detail = $"attributes.{name}: the value is masked. Leave it out, or send the value itself." };
            }

            if (!CustomerAttributes.IsValue(value) || Encoding.UTF8.GetByteCount(value.GetRawText()) > CustomerAttributes.MaxLength / 2)
            {
                return Wrong($"attributes.{name}: expected a text, a number, a Boolean, null, or a list of at most 32 of them, of at most {CustomerAttributes.MaxLength / 2} bytes");
            }
        }

        return null;
    }

    // Throws for a text with an unpaired surrogate.
    static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [TextOf(value)],
        JsonValueKind.Array => value.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.String).Select(TextOf),
        _ => [],
    };

    static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new ProblemException(Wrong("attributes: a text has an unpaired surrogate"));
        }
    }

    static HttpProblem? ConsentProblem(UserConsent consent) => !s_channels.Contains(consent.Channel) ? Wrong("consents.channel: expected email, sms or push")
        : consent.Granted is null ? ApiProblems.MissingField with { Detail = "consents.granted: required." }
        : new[] { consent.Purpose, consent.TextVersion, consent.Source }.Any(text => text is { Length: 0 or > MaxProof })
            ? Wrong($"consents: purpose, textVersion and source have 1 to {MaxProof} characters") : null;

    static HttpProblem Wrong(string detail) => ApiProblems.OutOfRange with { Detail = $"{detail}." };
}
