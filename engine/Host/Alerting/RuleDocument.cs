using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Alerts;

namespace CartRecovery.Host.Alerting;

/// <summary>Translates rules of the API into rule files, so that there is one reader and one set of checks.</summary>
static class RuleDocument
{
    const string Folder = "api";

    /// <summary>The name of the file of a rule.</summary>
    public static string FileOf(string id) => $"{Folder}/{id}";

    /// <summary>Reads a rule. Problems name the fields of a rule file.</summary>
    /// <param name="id">The rule's id.</param>
    /// <param name="body">The rule.</param>
    public static RuleFile Read(string id, AlertRuleBody body) => RuleFileReader.Parse(Write(body), FileOf(id));

    /// <summary>Reads a stored rule; null if it is of a version that this one cannot read.</summary>
    public static RuleSource? Read(ManagedRule rule)
    {
        var file = Read(rule.Id, BodyOf(rule));
        return file.Problems.Count > 0 ? null : new RuleSource(FileOf(rule.Id), rule.Body, file.Groups);
    }

    /// <summary>The rule as the API takes it.</summary>
    public static AlertRuleBody BodyOf(ManagedRule rule) => JsonSerializer.Deserialize(rule.Body, ApiJson.Default.AlertRuleBody) ?? new AlertRuleBody();

    /// <summary>The text under which a rule is stored.</summary>
    public static string TextOf(AlertRuleBody body) => JsonSerializer.Serialize(body, ApiJson.Default.AlertRuleBody);

    static string Write(AlertRuleBody body)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("groups");
            json.WriteStartObject();
            json.WriteString("name", body.RuleName ?? "");
            json.WriteString("interval", Seconds(body.Interval ?? 30));
            json.WriteStartArray("rules");
            json.WriteStartObject();
            json.WriteString("alert", body.RuleName ?? "");
            Text(json, "expr", body.Expression);
            Text(json, "metric", body.MetricName);
            Text(json, "condition", body.Condition);
            Number(json, "threshold", body.Threshold);
            json.WriteString("for", Seconds(body.Duration ?? 0));
            json.WriteString("keep_firing_for", Seconds(body.KeepFiringFor ?? 0));
            Number(json, "hysteresis", body.Hysteresis);
            Text(json, "no_data", body.NoData);
            Text(json, "severity", body.Severity);
            Text(json, "runbook", body.Runbook);
            json.WriteBoolean("enabled", body.Enabled ?? true);
            Labels(json, body);
            json.WriteStartObject("annotations");
            foreach (var (name, value) in body.Annotations ?? new Dictionary<string, string>())
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static void Labels(Utf8JsonWriter json, AlertRuleBody body)
    {
        json.WriteStartObject("labels");
        foreach (var (name, value) in body.Labels ?? new Dictionary<string, string>())
        {
            json.WriteString(name, value);
        }

        if (body.NotificationChannels is { Count: > 0 } channels)
        {
            json.WriteString(AlertFiles.ChannelsLabel, string.Join(',', channels));
        }

        json.WriteEndObject();
    }

    static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    static string Seconds(long seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
}
