using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Privacy;

/// <summary>Who is erased, in the clear. Encrypted in the control database until the request is completed.</summary>
/// <param name="UserId">The user's id.</param>
/// <param name="Carts">The ids of their carts.</param>
/// <param name="Orders">The keys of their orders.</param>
/// <param name="Addresses">Their addresses.</param>
public sealed record ErasedSubject(string UserId, IReadOnlyList<string> Carts, IReadOnlyList<string> Orders, IReadOnlyList<string> Addresses);

/// <summary>JSON of what the control database keeps of requests.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ErasedSubject))]
[JsonSerializable(typeof(IReadOnlyList<ErasureStep>))]
sealed partial class ErasureJson : JsonSerializerContext;
