using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Reconciliations;

/// <summary>The result of comparing a shop's list of orders and carts with the engine.</summary>
/// <param name="Id">The report's id.</param>
/// <param name="StoreId">The store.</param>
/// <param name="At">When the list was compared.</param>
/// <param name="By">The actor, as in the audit log.</param>
/// <param name="Source">`api`, or the name of the file.</param>
/// <param name="Repair">Whether the caller asked to send missing orders to the engine.</param>
/// <param name="Orders">Number of orders in the list.</param>
/// <param name="Carts">Number of carts in the list.</param>
/// <param name="Matched">Number of orders and carts without a difference.</param>
/// <param name="MissingHere">Number of orders and carts that the engine does not have.</param>
/// <param name="MissingThere">Number of orders of the period that are not in the list.</param>
/// <param name="Differing">Number of orders and carts with a field that differs.</param>
/// <param name="Repaired">Number of orders that were sent to the engine and are durable.</param>
/// <param name="Invalid">Number of lines that could not be read or repaired.</param>
/// <param name="Differences">The first 1,000 differences.</param>
/// <param name="Errors">The first 100 lines that could not be read or repaired.</param>
public sealed record ReconciliationReport(
    string Id, string StoreId, DateTime At, string By, string Source, bool Repair, int Orders, int Carts, int Matched, int MissingHere, int MissingThere, int Differing, int Repaired,
    int Invalid, IReadOnlyList<ReconciliationDifference> Differences, IReadOnlyList<ReconciliationError> Errors);

/// <summary>A line that could not be read or repaired.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Message">The reason.</param>
public sealed record ReconciliationError(int Line, string Message);

/// <summary>The JSON format of reports in the control database.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReconciliationReport))]
sealed partial class ReconciliationJson : JsonSerializerContext;
