using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Configuration;

/// <summary>The source-generated metadata of the configuration's types, which the binder and the schema walk.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    Converters = [typeof(WordConverter<KeyKind>), typeof(WordConverter<LogThreshold>), typeof(WordConverter<OtlpProtocol>), typeof(WordConverter<ScoredEvents>), typeof(WordConverter<JournalCompression>), typeof(WordConverter<ConsentRule>), typeof(WordConverter<Weekday>),
        typeof(WordConverter<CartStage>), typeof(WordConverter<ActionKind>)])]
[JsonSerializable(typeof(CartRecoveryConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext
{
    /// <summary>The metadata of the whole configuration.</summary>
    public static JsonTypeInfo Root => Default.CartRecoveryConfig;

    /// <summary>The keys of a section; metadata has properties that JSON ignores too, without accessors.</summary>
    public static IReadOnlyList<JsonPropertyInfo> KeysOf(JsonTypeInfo section) =>
        [.. section.Properties.Where(property => property.Set is not null)];
}
