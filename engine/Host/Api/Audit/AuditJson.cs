using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.Ingest.DeadLetters;

namespace CartRecovery.Host.Api.Audit;

/// <summary>Writes entries of the audit log as JSON, for the API and for <c>--json</c>.</summary>
static class AuditJson
{
    /// <summary>Writes an entry.</summary>
    public static void Write(Utf8JsonWriter writer, AuditEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteNumber("number"u8, entry.Number);
        writer.WriteString("at"u8, TimeText.Of(entry.At.ToUnixTimeMilliseconds()));
        writer.WriteString("actor"u8, entry.Event.Actor);
        writer.WriteString("action"u8, entry.Event.Action);
        writer.WriteString("target"u8, entry.Event.Target);
        writer.WriteString("storeId"u8, entry.Event.Store);
        writer.WriteString("address"u8, entry.Event.Address);
        writer.WriteString("details"u8, entry.Event.Details);
        writer.WriteString("hash"u8, Convert.ToHexStringLower(entry.Hash));
        writer.WriteEndObject();
    }
}
