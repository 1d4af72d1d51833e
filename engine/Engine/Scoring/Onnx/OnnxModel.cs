using System.Globalization;
using CartRecovery.Engine.Scoring.Trees;
using CartRecovery.Primitives;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace CartRecovery.Engine.Scoring.Onnx;

/// <summary>
/// A model that predicts a cart's probability of purchase. Shared by all threads; each creates its own <see cref="BatchScorer"/>. The
/// model's metadata describes it: <c>cartrecovery.name</c>, <c>cartrecovery.version</c>, <c>cartrecovery.features</c> (comma-separated,
/// in input order) and optionally <c>cartrecovery.baseline</c> (a float per feature). Its single input is float [rows, features]; its
/// first float output is [rows], [rows, 1] or, with the positive class second, [rows, 2].
/// </summary>
public sealed class OnnxModel : IDisposable
{
    /// <summary>Memory per row of a batch besides the row itself, in bytes.</summary>
    public const int BytesPerRow = OrtBatch.BindingBytes;

    /// <summary>Maximum number of rows per scorer.</summary>
    public const int MaxRows = 65_536;

    readonly OrtSession _session;
    readonly string _input;
    readonly string _output;
    readonly long[] _outputShape;
    readonly CompiledTrees? _trees;
    readonly Lock _gate = new();
    readonly List<BatchScorer> _prepared = [];

    OnnxModel(OrtSession session, string name, string version, string[] features, float[] baseline, string input, string output,
        long[] outputShape, string path, string? id)
    {
        _session = session;
        Name = name;
        Version = version;
        Id = id ?? $"{name}@{version}";
        Features = features;
        Baseline = baseline;
        _input = input;
        _output = output;
        _outputShape = outputShape;
        _trees = Compile(path);
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>The model's version.</summary>
    public string Version { get; }

    /// <summary>The name in decisions and metrics: <c>name@version</c>, or that of the registry's version.</summary>
    public string Id { get; }

    /// <summary>The model's features, in row order.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>A typical value per feature, for measuring its effect; zeros by default.</summary>
    public IReadOnlyList<float> Baseline { get; }

    /// <summary>The name of the input: float [rows, features].</summary>
    public string InputName => _input;

    /// <summary>The name of the output with the probabilities.</summary>
    public string OutputName => _output;

    /// <summary>The output's shape; −1 for the number of rows.</summary>
    public IReadOnlyList<long> OutputShape => _outputShape.Length > 1 ? [-1, _outputShape[1]] : [-1];

    /// <summary>Whether the engine evaluates the model itself.</summary>
    public bool IsCompiled => _trees is not null;

    /// <summary>The trees that the engine evaluates; <see langword="null"/> if ONNX Runtime evaluates the model.</summary>
    internal TreeEnsemble? Ensemble { get; private set; }

    /// <summary>Describes the evaluator: the engine's compiled trees or ONNX Runtime.</summary>
    public string Evaluator => _trees is null ? $"ONNX Runtime {OnnxRuntime.Version}" : $"{_trees.TreeCount} compiled trees";

    /// <summary>Loads a model and checks its compatibility with the engine.</summary>
    /// <param name="path">The <c>.onnx</c> file.</param>
    /// <param name="knownFeatures">The features that the engine computes.</param>
    /// <param name="id">The name in decisions and metrics; by default the name and version in the model's metadata.</param>
    /// <exception cref="ModelException">The model cannot be used; the code says why.</exception>
    public static OnnxModel Load(string path, IReadOnlyList<string> knownFeatures, string? id = null)
    {
        // Checked first, so that a missing library is reported as such.
        _ = OnnxRuntime.Version;
        ModelFile.Check(path);
        OrtSession session;
        try
        {
            session = OrtSession.Open(path);
        }
        catch (ModelException e)
        {
            throw new ModelException(e.Code, $"{path} cannot be loaded as a model; it may be truncated. {e.Message}");
        }
        try
        {
            return Check(session, path, knownFeatures, id);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Creates a scorer for one thread.</summary>
    /// <param name="maxRows">Rows per run, 1 to <see cref="MaxRows"/>.</param>
    public BatchScorer CreateScorer(int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxRows, MaxRows);
        ObjectDisposedException.ThrowIf(_session.IsClosed, this);
        return TakePrepared(maxRows) ?? NewScorer(maxRows);
    }

    /// <summary>
    /// Creates the scorers of partitions beforehand, so that an exchange costs a partition's thread none. The next calls of <see cref="CreateScorer"/>
    /// return them.
    /// </summary>
    /// <param name="partitions">How many are needed, 0 or more.</param>
    /// <param name="maxRows">Rows per run, as for <see cref="CreateScorer"/>.</param>
    public void Prepare(int partitions, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxRows, MaxRows);
        for (var i = 0; i < partitions; i++)
        {
            // For the rows, and for the reasons of a score.
            foreach (var rows in (int[])[maxRows, Features.Count + 1])
            {
                var scorer = NewScorer(rows);
                lock (_gate)
                {
                    _prepared.Add(scorer);
                }
            }
        }
    }

    /// <summary>Number of scorers that are prepared and not taken.</summary>
    internal int Prepared
    {
        get
        {
            lock (_gate)
            {
                return _prepared.Count;
            }
        }
    }

    BatchScorer? TakePrepared(int maxRows)
    {
        lock (_gate)
        {
            var place = _prepared.FindIndex(scorer => scorer.Capacity == maxRows);
            var scorer = place < 0 ? null : _prepared[place];
            if (scorer is not null)
            {
                _prepared.RemoveAt(place);
            }

            return scorer;
        }
    }

    BatchScorer NewScorer(int maxRows)
    {
        return _trees is null ? CreateRuntimeScorer(maxRows) : CreateTreeScorer(_trees, maxRows);
    }

    /// <summary>Like <see cref="CreateScorer"/>, but always uses ONNX Runtime.</summary>
    internal BatchScorer CreateRuntimeScorer(int maxRows)
    {
        var batch = new OrtBatch(_session, _input, Features.Count, _output, _outputShape, maxRows);
        return new BatchScorer(batch, Features.Count, _outputShape.Length > 1 ? (int)_outputShape[1] : 1, maxRows);
    }

    BatchScorer CreateTreeScorer(CompiledTrees trees, int maxRows)
        => new(new TreeBatch(trees, Features.Count, maxRows), Features.Count, 1, maxRows);

    /// <summary>Releases the model. Its scorers work until they are disposed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _prepared.ForEach(scorer => scorer.Dispose());
            _prepared.Clear();
        }

        _session.Dispose();
    }

    static OnnxModel Check(OrtSession session, string path, IReadOnlyList<string> knownFeatures, string? id)
    {
        var name = Required(session, path, "cartrecovery.name");
        var version = Required(session, path, "cartrecovery.version");
        var features = Required(session, path, "cartrecovery.features").Split(',', StringSplitOptions.TrimEntries);
        var baseline = Baselines(session.Metadata("cartrecovery.baseline"), features, path);
        CheckFeatures(features, knownFeatures, path);

        if (session.Inputs is not [{ Type: TensorElementType.Float, Shape: [-1, var columns] } input] || (columns != -1 && columns != features.Length))
        {
            throw new ModelException(ModelException.WrongInput,
                $"{path}: the model must have one input, float [rows, {features.Length}], for the {features.Length} features it names; it has {Text(session.Inputs)}.");
        }
        var output = session.Outputs.FirstOrDefault(o => o.Type == TensorElementType.Float).Name
            ?? throw new ModelException(ModelException.WrongOutput, $"{path}: the model must have a float output of one probability per row; it has {Text(session.Outputs)}.");

        // The declared shape may be open, so the actual shapes for one and two rows decide.
        long[] one, two;
        try
        {
            one = session.Probe(input.Name, 1, features.Length, output);
            two = session.Probe(input.Name, 2, features.Length, output);
        }
        catch (ModelException e)
        {
            throw new ModelException(e.Code, $"{path}: the model does not run on rows of its {features.Length} features. {e.Message}");
        }
        if (one is not ([1] or [1, 1 or 2]) || two[0] != 2 || !two.AsSpan(1).SequenceEqual(one.AsSpan(1)))
        {
            throw new ModelException(ModelException.WrongOutput,
                $"{path}: output '{output}' must be [rows], [rows, 1] or [rows, 2]; it is [{string.Join(", ", two)}] for two rows.");
        }
        return new OnnxModel(session, name, version, features, baseline, input.Name, output, one, path, id);
    }

    // ONNX Runtime evaluates models that the compiled trees do not support or evaluate differently.
    CompiledTrees? Compile(string path)
    {
        try
        {
            if (TreeEnsembleFile.Read(path, _input, _output) is not { } file)
            {
                return null;
            }

            var ensemble = TreeEnsembleReader.Read(file, Features.Count);
            var trees = CompiledTrees.Compile(ensemble);
            if (trees is null || !TreeProbes.Agree(trees, Features.Count, rows => CreateTreeScorer(trees, rows), CreateRuntimeScorer))
            {
                return null;
            }

            Ensemble = ensemble;
            return trees;
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static string Required(OrtSession session, string path, string key)
        => session.Metadata(key) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim()
            : throw new ModelException(ModelException.MetadataMissing, $"{path}: the model's metadata has no '{key}'.");

    static float[] Baselines(string? text, string[] features, string path)
    {
        var baseline = new float[features.Length];
        if (string.IsNullOrWhiteSpace(text))
        {
            return baseline;
        }

        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var fits = parts.Length == baseline.Length;
        for (var i = 0; fits && i < parts.Length; i++)
        {
            fits = float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out baseline[i]);
        }

        return fits ? baseline : throw new ModelException(ModelException.MetadataMissing,
            $"{path}: the metadata 'cartrecovery.baseline' must be {features.Length} numbers with commas between, one for each feature.");
    }

    static void CheckFeatures(string[] features, IReadOnlyList<string> knownFeatures, string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var feature in features)
        {
            if (!seen.Add(feature))
            {
                throw new ModelException(ModelException.MetadataMissing, $"{path}: the metadata 'cartrecovery.features' names '{feature}' twice.");
            }

            if (knownFeatures.Contains(feature, StringComparer.Ordinal))
            {
                continue;
            }

            var near = Suggestion.Find(feature, knownFeatures);
            throw new ModelException(ModelException.UnknownFeature,
                $"{path}: the model asks for feature '{feature}', which the engine does not compute.{(near is null ? "" : $" Did it mean '{near}'?")}");
        }
    }

    static string Text(IReadOnlyList<TensorDescription> tensors) => tensors.Count == 0 ? "none" : string.Join(", ", tensors);
}
