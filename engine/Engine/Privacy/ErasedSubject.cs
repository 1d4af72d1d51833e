using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Privacy;

/// <summary>The person to erase, in the clear. Encrypted in the control database, and deleted when the request is completed.</summary>
/// <param name="UserId">The user's id.</param>
/// <param name="Carts">The ids of the person's carts.</param>
/// <param name="Orders">The keys of the person's orders.</param>
/// <param name="Addresses">The person's addresses.</param>
public sealed record ErasedSubject(string UserId, IReadOnlyList<string> Carts, IReadOnlyList<string> Orders, IReadOnlyList<string> Addresses);

/// <summary>JSON metadata of erasures in the control database.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ErasedSubject))]
[JsonSerializable(typeof(IReadOnlyList<ErasureStep>))]
sealed partial class ErasureJson : JsonSerializerContext;
