using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Tests.ControlPlane.Flags;

/// <summary>Flags, contexts and segments for tests.</summary>
sealed class FlagSamples : IDefinitions<SegmentDefinition>
{
    public Dictionary<(string Store, string Name), IReadOnlyList<TargetingCondition>> Segments { get; } = [];

    public SegmentDefinition? Find(string store, string name) => Segments.GetValueOrDefault((store, name)) is { } conditions ? new SegmentDefinition(conditions) : null;

    /// <summary>A Boolean flag, off by default.</summary>
    public static FlagDefinition Boolean(params FlagRule[] rules) =>
        new("boolean", new Dictionary<string, JsonElement> { ["on"] = Value("true"), ["off"] = Value("false") }, "off", Rules: rules);

    public static FeatureFlag Of(FlagDefinition definition, string store = "demo", string salt = "salt") =>
        new(store, "flag", definition, salt, "v1", DateTimeOffset.UnixEpoch, "cli");

    public static JsonElement Value(string json) => JsonElement.Parse(json);

    public static TargetingSubject Subject(string? key = "zoe", string context = "{}") => new(key, Value(context));
}
