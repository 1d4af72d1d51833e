using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Host.Models;

namespace CartRecovery.Host.Api;

/// <summary>The canary and the shadows beside the champion.</summary>
interface IServingControl
{
    /// <summary>The models in force.</summary>
    ServingPlan Serving { get; }

    /// <summary>How they serve.</summary>
    ServingSettings ServingSettings { get; }

    /// <summary>What the guardrails said last; <see langword="null"/> without a canary.</summary>
    CanaryVerdict? CanaryVerdict { get; }

    /// <summary>The limits of the guardrails.</summary>
    CanaryPolicy CanaryPolicy { get; }

    /// <summary>Gives a version a share of the shoppers, or changes the share.</summary>
    /// <param name="version">The version; <see langword="null"/> for the present canary's.</param>
    /// <param name="percent">The share, above 0 to 100.</param>
    /// <param name="isAutomatic">Whether guardrails step it up.</param>
    /// <param name="by">Who, as in the audit log.</param>
    /// <param name="why">The reason.</param>
    /// <param name="scoreShift">
    /// The stability index of its scores against the champion's that its outcomes as a shadow have justified; <see langword="null"/> for none, or the present one.
    /// </param>
    /// <exception cref="ModelRegistryException">It cannot serve; the code says why.</exception>
    /// <exception cref="Engine.Scoring.ModelException">The version cannot be loaded.</exception>
    void SetCanary(ModelVersion? version, double percent, bool isAutomatic, string by, string why, double? scoreShift = null);

    /// <summary>Makes the canary the champion, or gives its shoppers back to the champion.</summary>
    /// <exception cref="ModelRegistryException">There is no canary, or the alias cannot be moved.</exception>
    void EndCanary(bool isPromoted, string by, string why);

    /// <summary>Sets a shadow's version and its share of the rows.</summary>
    /// <param name="alias">The alias: <c>shadow</c> or <c>shadow-…</c>.</param>
    /// <param name="version">The version; <see langword="null"/> for the alias's present one.</param>
    /// <param name="rate">The share of the rows, 0–1.</param>
    /// <param name="by">Who, as in the audit log.</param>
    /// <param name="why">The reason.</param>
    /// <exception cref="ModelRegistryException">It cannot serve; the code says why.</exception>
    /// <exception cref="Engine.Scoring.ModelException">The version cannot be loaded.</exception>
    void SetShadow(string alias, ModelVersion? version, double rate, string by, string why);

    /// <summary>Removes a shadow.</summary>
    /// <exception cref="ModelRegistryException">There is no such shadow.</exception>
    void RemoveShadow(string alias, string by);
}
