using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Engine.Models;

/// <summary>Checks a version before it may serve: its bytes, and each evaluator's scores of the golden rows.</summary>
static class ModelCheck
{
    /// <summary>Rows that the registry makes for a model without golden rows.</summary>
    internal const int MadeRows = 32;

    // Between builds of the runtime and machines, as between the compiled trees and the runtime, only rounding may differ.
    const float Tolerance = 1e-5f;

    /// <summary>Loads a version, checks it and runs both evaluators, so that its first batch is not its first run.</summary>
    /// <returns>The model; the caller owns it.</returns>
    /// <exception cref="ModelRegistryException">It is damaged, or a score differs.</exception>
    /// <exception cref="ModelException">It cannot be loaded.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static OnnxModel Load(ModelVersion version, IReadOnlyList<string> knownFeatures)
    {
        var manifest = version.Manifest;
        using (var file = File.OpenRead(version.ModelPath))
        {
            if (Convert.ToHexStringLower(SHA256.HashData(file)) != manifest.Hash)
            {
                throw new ModelRegistryException(ModelRegistryException.Damaged,
                    $"{version.Id}: {ModelFiles.Model} is not the file that was registered. Register the model again, or delete the version");
            }
        }

        var model = OnnxModel.Load(version.ModelPath, knownFeatures, manifest.ServedAs);
        try
        {
            if (!model.Features.SequenceEqual(manifest.Features))
            {
                throw new ModelRegistryException(ModelRegistryException.Damaged, $"{version.Id}: the manifest names other features than the model. Register the model again");
            }

            Compare(version.Id, model, manifest.Golden);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Returns whether a version's file is the registered one, and whether it reproduces the golden rows that are stored.</summary>
    /// <param name="version">The version.</param>
    /// <param name="model">The model, from the bytes that name the version.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static bool IsWhole(ModelVersion version, OnnxModel model)
    {
        using (var file = File.OpenRead(version.ModelPath))
        {
            if (Convert.ToHexStringLower(SHA256.HashData(file)) != version.Manifest.Hash)
            {
                return false;
            }
        }

        return Reproduces(version, model);
    }

    /// <summary>Returns whether a model has the features of a version's manifest and reproduces its golden rows.</summary>
    internal static bool Reproduces(ModelVersion version, OnnxModel model)
    {
        if (!model.Features.SequenceEqual(version.Manifest.Features))
        {
            return false;
        }

        try
        {
            Compare(version.Id, model, version.Manifest.Golden);
            return true;
        }
        catch (ModelRegistryException)
        {
            return false;
        }
    }

    /// <summary>Compares the scores of rows, one at a time and together, by the evaluator that will serve and by ONNX Runtime.</summary>
    /// <exception cref="ModelRegistryException"><see cref="ModelRegistryException.GoldenMismatch"/>.</exception>
    internal static void Compare(string id, OnnxModel model, IReadOnlyList<GoldenRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        using var serving = model.CreateScorer(rows.Count);
        Compare(id, model.Evaluator, serving, rows);
        if (model.IsCompiled)
        {
            using var runtime = model.CreateRuntimeScorer(rows.Count);
            Compare(id, $"ONNX Runtime {OnnxRuntime.Version}", runtime, rows);
        }
    }

    /// <summary>Makes golden rows: the baseline, zeros, missing values, and random rows around the baseline. Deterministic per model.</summary>
    internal static GoldenRow[] Make(OnnxModel model, string hash)
    {
        var random = new Random(int.Parse(hash[..7], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        using var scorer = model.CreateRuntimeScorer(MadeRows);
        for (var i = 0; i < MadeRows; i++)
        {
            var row = scorer.Row(i);
            for (var column = 0; column < row.Length; column++)
            {
                var typical = model.Baseline[column];
                row[column] = i switch
                {
                    0 => typical,
                    1 => 0,
                    2 => float.NaN,
                    _ => (float)Math.Round((typical == 0 ? 1 : typical) * random.NextDouble() * (1 << (i % 8)), 3),
                };
            }
        }

        var rows = Enumerable.Range(0, MadeRows).Select(i => scorer.Row(i).ToArray()).ToArray();
        var scores = scorer.Score(MadeRows);
        var golden = new GoldenRow[MadeRows];
        for (var i = 0; i < MadeRows; i++)
        {
            golden[i] = new GoldenRow(rows[i], scores[i]);
        }

        return golden;
    }

    static void Compare(string id, string evaluator, BatchScorer scorer, IReadOnlyList<GoldenRow> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            var target = scorer.Row(i);
            for (var column = 0; column < target.Length; column++)
            {
                target[column] = rows[i].Values[column];
            }
        }

        var scores = scorer.Score(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            if (!(MathF.Abs(scores[i] - rows[i].Score) <= Tolerance))
            {
                throw new ModelRegistryException(ModelRegistryException.GoldenMismatch, string.Create(CultureInfo.InvariantCulture,
                    $"{id}: {evaluator} scores golden row {i} {scores[i]:R} instead of {rows[i].Score:R}. The version cannot serve here; train or register it again"));
            }
        }
    }
}
