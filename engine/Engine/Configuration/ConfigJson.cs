using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Data;
using CartRecovery.Engine.Configuration.Learning;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Pipeline.Batches;

namespace CartRecovery.Engine.Configuration;

/// <summary>Source-generated metadata of the configuration's types, used by the binder and the schema.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    Converters = [typeof(WordConverter<KeyKind>), typeof(WordConverter<ApprovalRule>), typeof(WordConverter<LogThreshold>), typeof(WordConverter<LogFormat>), typeof(WordConverter<OtlpProtocol>), typeof(WordConverter<ScoredEvents>), typeof(WordConverter<JournalCompression>), typeof(WordConverter<ConsentRule>), typeof(WordConverter<OptInRule>), typeof(WordConverter<CartIdKind>), typeof(WordConverter<BotTreatment>), typeof(WordConverter<Weekday>),
        typeof(WordConverter<OidcAccounts>), typeof(WordConverter<TokenType>), typeof(WordConverter<MissedRun>), typeof(WordConverter<PromotionLimit>), typeof(WordConverter<CartStage>), typeof(WordConverter<ResponseMetricType>), typeof(WordConverter<ServiceKind>), typeof(WordConverter<ActionKind>)])]
[JsonSerializable(typeof(CartRecoveryConfig))]
sealed partial class ConfigJson : JsonSerializerContext
{
    /// <summary>Metadata of the root.</summary>
    public static JsonTypeInfo Root => Default.CartRecoveryConfig;

    /// <summary>Returns the keys of a section. The metadata also contains ignored properties, which have no accessors.</summary>
    public static IReadOnlyList<JsonPropertyInfo> KeysOf(JsonTypeInfo section) =>
        [.. section.Properties.Where(property => property.Set is not null)];
}
