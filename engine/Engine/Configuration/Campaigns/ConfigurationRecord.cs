using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>
/// Writes what is in force for an entry of the journal: the campaigns and the contact policy as in the configuration, without secrets, the segments that
/// campaigns use, the stores, and the versions of models that serve, as a JSON object. So a replay can decide by the campaigns of then.
/// </summary>
public static class ConfigurationRecord
{
    const string Decisions = "decisions", Contact = "contact", Stores = "stores", Segments = "segments", Serving = "serving", Numbers = "campaignNumbers", SecretIds = "secretCartIds", BotsArePeople = "botsArePeople";

    /// <summary>Writes the record.</summary>
    /// <param name="decisions">The campaigns.</param>
    /// <param name="contact">The contact policy.</param>
    /// <param name="stores">The stores.</param>
    /// <param name="segments">The segments in force, of which it has those that campaigns use.</param>
    /// <param name="serving">The versions of models that serve; <see langword="null"/> to leave them out.</param>
    /// <param name="numbers">The campaigns' numbers; <see langword="null"/> for their places.</param>
    public static byte[] Write(
        DecisionsConfig decisions, ContactConfig contact, IEnumerable<Store> stores, IDefinitions<SegmentDefinition>? segments = null, ServingRecord? serving = null,
        CampaignNumbers? numbers = null)
    {
        stores = [.. stores];
        var policy = JsonSerializer.SerializeToNode(contact, ConfigJson.Default.ContactConfig)!.AsObject();
        policy.Remove(JsonNamingPolicy.CamelCase.ConvertName(nameof(ContactConfig.Secret)));
        var campaigns = JsonSerializer.SerializeToNode(decisions, ConfigJson.Default.DecisionsConfig)!.AsObject();
        campaigns.Remove(JsonNamingPolicy.CamelCase.ConvertName(nameof(DecisionsConfig.ExchangeRatesSource)));
        var record = new JsonObject
        {
            [Decisions] = campaigns,
            [Contact] = policy,
            [Stores] = new JsonArray([.. stores.Select(store => new JsonObject
            {
                ["number"] = store.Number, ["id"] = store.Id, ["currency"] = store.Currency, ["timezone"] = store.TimeZone.Id, [SecretIds] = store.HasSecretCartIds,
                [BotsArePeople] = store.TreatsBotsAsPeople,
            })]),
        };
        if (RecordedSegments.Write(decisions, stores.Select(store => store.Id), segments) is { } used)
        {
            record[Segments] = used;
        }

        if (serving is not null)
        {
            record[Serving] = RecordedServing.Write(serving);
        }

        // Without them, a campaign's number is its place, as in the records of earlier versions.
        if (numbers is not null && decisions.Campaigns.Index().Any(campaign => numbers[campaign.Item.Name] != campaign.Index))
        {
            record[Numbers] = numbers.ToString();
        }

        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            record.WriteTo(writer);
        }

        return bytes.ToArray();
    }

    /// <summary>Returns the stores as the record has them: those that it lacks were not configured then.</summary>
    /// <param name="record">The record.</param>
    /// <param name="stores">The stores by number, as they are now.</param>
    public static StoreTable ReadStores(ReadOnlySpan<byte> record, StoreTable stores)
    {
        try
        {
            return JsonNode.Parse(record)?[Stores]?.AsArray() is { } then ? new StoreTable(stores.Select(store => As(store, then))) : stores;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return stores;
        }
    }

    // A version before this one recorded currencies and zones alone.
    static Store As(Store store, JsonArray then) =>
        then.FirstOrDefault(recorded => (int?)recorded?["number"] == store.Number && (string?)recorded?["id"] == store.Id) is not { } recorded ? store with { IsRemoved = true }
        : store with
        {
            IsRemoved = false,
            Currency = (string?)recorded["currency"] ?? store.Currency,
            TimeZone = (string?)recorded["timezone"] is { } zone && TimeZones.TryFind(zone, out var found) ? found : store.TimeZone,
            HasSecretCartIds = (bool?)recorded[SecretIds] ?? store.HasSecretCartIds,
            TreatsBotsAsPeople = (bool?)recorded[BotsArePeople] ?? store.TreatsBotsAsPeople,
        };

    /// <summary>Reads the segments that the campaigns of a record used.</summary>
    /// <returns><see langword="null"/> if this version cannot read them: then nobody is in them.</returns>
    public static IDefinitions<SegmentDefinition>? ReadSegments(ReadOnlySpan<byte> record)
    {
        try
        {
            return RecordedSegments.Read(JsonNode.Parse(record)?[Segments]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads the campaigns' numbers.</summary>
    /// <returns><see langword="null"/> if they are the campaigns' places.</returns>
    public static CampaignNumbers? ReadNumbers(ReadOnlySpan<byte> record)
    {
        try
        {
            return (string?)JsonNode.Parse(record)?[Numbers] is { } text ? CampaignNumbers.Parse(text) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Reads the versions of models that served.</summary>
    /// <returns><see langword="null"/> if the record does not say, or this version cannot read it.</returns>
    public static ServingRecord? ReadServing(ReadOnlySpan<byte> record)
    {
        try
        {
            return RecordedServing.Read(JsonNode.Parse(record)?[Serving]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Reads the campaigns of a record.</summary>
    /// <returns><see langword="null"/> if this version cannot read them.</returns>
    public static DecisionsConfig? ReadDecisions(ReadOnlySpan<byte> record)
    {
        try
        {
            return JsonNode.Parse(record)?[Decisions]?.Deserialize(ConfigJson.Default.DecisionsConfig);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
