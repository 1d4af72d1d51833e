using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Tests.ControlPlane.Flags;

/// <summary>Flags, contexts and segments for tests.</summary>
sealed class FlagSamples : IFlagSegments
{
    public Dictionary<(string Store, string Name), IReadOnlyList<FlagCondition>> Segments { get; } = [];

    public IReadOnlyList<FlagCondition>? Find(string store, string name) => Segments.GetValueOrDefault((store, name));

    /// <summary>A Boolean flag, off by default.</summary>
    public static FlagDefinition Boolean(params FlagRule[] rules) =>
        new("boolean", new Dictionary<string, JsonElement> { ["on"] = Value("true"), ["off"] = Value("false") }, "off", Rules: rules);

    public static FeatureFlag Of(FlagDefinition definition, string store = "demo", string salt = "salt") =>
        new(store, "flag", definition, salt, "v1", DateTimeOffset.UnixEpoch, "cli");

    public static JsonElement Value(string json) => JsonElement.Parse(json);

    public static FlagSubject Subject(string? key = "zoe", string context = "{}") => new(key, Value(context));
}
