using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>
/// Writes what is in force for an entry of the journal: the campaigns and the contact policy as in the configuration, without secrets, and
/// the stores, as a JSON object. So a replay can decide by the campaigns of then.
/// </summary>
public static class ConfigurationRecord
{
    const string Decisions = "decisions", Contact = "contact", Stores = "stores";

    /// <summary>Writes the record.</summary>
    /// <param name="decisions">The campaigns.</param>
    /// <param name="contact">The contact policy.</param>
    /// <param name="stores">The stores.</param>
    public static byte[] Write(DecisionsConfig decisions, ContactConfig contact, IEnumerable<Store> stores)
    {
        var policy = JsonSerializer.SerializeToNode(contact, ConfigJson.Default.ContactConfig)!.AsObject();
        policy.Remove(JsonNamingPolicy.CamelCase.ConvertName(nameof(ContactConfig.Secret)));
        var record = new JsonObject
        {
            [Decisions] = JsonSerializer.SerializeToNode(decisions, ConfigJson.Default.DecisionsConfig),
            [Contact] = policy,
            [Stores] = new JsonArray([.. stores.Select(store => new JsonObject
            {
                ["number"] = store.Number, ["id"] = store.Id, ["currency"] = store.Currency, ["timezone"] = store.TimeZone.Id,
            })]),
        };
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            record.WriteTo(writer);
        }

        return bytes.ToArray();
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
