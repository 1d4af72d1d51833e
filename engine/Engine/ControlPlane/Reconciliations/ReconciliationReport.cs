using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Reconciliations;

/// <summary>A comparison of what the shop told with what the engine has.</summary>
/// <param name="Id">Its id.</param>
/// <param name="StoreId">The store.</param>
/// <param name="At">When it was made.</param>
/// <param name="By">Who asked for it, as in the audit log.</param>
/// <param name="Source">`api`, or the name of the file.</param>
/// <param name="Repair">Whether missing orders were sent to the engine.</param>
/// <param name="Orders">Orders that the shop told.</param>
/// <param name="Carts">Carts that the shop told.</param>
/// <param name="Matched">Orders and carts on which both agree.</param>
/// <param name="MissingHere">Orders and carts that the engine does not have.</param>
/// <param name="MissingThere">Orders of the period that the shop did not tell.</param>
/// <param name="Differing">Orders and carts of which a field differs.</param>
/// <param name="Repaired">Orders that were sent to the engine, and are durable.</param>
/// <param name="Invalid">Lines that could not be read.</param>
/// <param name="Differences">The first 1,000 differences.</param>
/// <param name="Errors">The first 100 lines that could not be read, or could not be repaired, and why.</param>
public sealed record ReconciliationReport(
    string Id, string StoreId, DateTime At, string By, string Source, bool Repair, int Orders, int Carts, int Matched, int MissingHere, int MissingThere, int Differing, int Repaired,
    int Invalid, IReadOnlyList<ReconciliationDifference> Differences, IReadOnlyList<ReconciliationError> Errors);

/// <summary>A line that could not be used.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record ReconciliationError(int Line, string Message);

/// <summary>JSON of reports, as the control database keeps them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReconciliationReport))]
sealed partial class ReconciliationJson : JsonSerializerContext;
