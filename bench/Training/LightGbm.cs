using System.Runtime.InteropServices;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Bench.Training;

/// <summary>LightGBM's trees by its C API, with the options of our trainer, on one thread. Needs its library and libgomp1.</summary>
static partial class LightGbm
{
    const string Library = "lib_lightgbm";
    const int Float = 0, RowMajor = 1, Probability = 0;

    /// <summary>Trains on one set and scores another.</summary>
    /// <param name="train">The training rows.</param>
    /// <param name="options">The options.</param>
    /// <param name="test">The rows to score.</param>
    /// <param name="trained">Called when training is done, before scoring.</param>
    /// <returns>The probability of each row.</returns>
    /// <exception cref="InvalidOperationException">LightGBM reports an error.</exception>
    internal static float[] Fit(TrainingSet train, BoostedTreesOptions options, TrainingSet test, Action trained)
    {
        var columns = train.Features.Count;
        var parameters = FormattableString.Invariant($"""
            objective=binary boosting=gbdt num_threads=1 deterministic=true seed=1 verbosity=-1 boost_from_average=true max_depth={options.Depth} num_leaves={options.MaxLeaves}
            learning_rate={options.LearningRate} lambda_l2={options.L2} min_sum_hessian_in_leaf={options.MinChildWeight} min_data_in_leaf=1 min_gain_to_split=0
            bagging_fraction={options.RowShare} bagging_freq={(options.RowShare < 1 ? 1 : 0)} feature_fraction={options.FeatureShare} max_bin={options.MaxBins - 1}
            """).ReplaceLineEndings(" ");
        float[] labels = [.. train.Labels.Select(label => (float)label)];
        Check(DatasetCreateFromMat(train.Rows, Float, train.Count, columns, RowMajor, parameters, 0, out var set));
        Check(DatasetSetField(set, "label", labels, labels.Length, Float));
        Check(BoosterCreate(set, parameters, out var booster));
        for (var tree = 0; tree < options.Count; tree++)
        {
            Check(BoosterUpdateOneIter(booster, out _));
        }

        trained();
        var scores = new double[test.Count];
        Check(BoosterPredictForMat(booster, test.Rows, Float, test.Count, columns, RowMajor, Probability, 0, -1, "num_threads=1", out _, scores));
        Check(BoosterFree(booster));
        Check(DatasetFree(set));
        return [.. scores.Select(score => (float)score)];
    }

    static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"LightGBM: {Marshal.PtrToStringUTF8(GetLastError())}");
        }
    }

    [LibraryImport(Library, EntryPoint = "LGBM_GetLastError")]
    private static partial nint GetLastError();

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetCreateFromMat(float[] data, int type, int rows, int columns, int isRowMajor, string parameters, nint reference, out nint set);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetSetField", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetSetField(nint set, string name, float[] data, int count, int type);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterCreate", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterCreate(nint set, string parameters, out nint booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterUpdateOneIter")]
    private static partial int BoosterUpdateOneIter(nint booster, out int isFinished);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterPredictForMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterPredictForMat(
        nint booster, float[] data, int type, int rows, int columns, int isRowMajor, int kind, int firstTree, int trees, string parameters, out long count, double[] scores);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterFree")]
    private static partial int BoosterFree(nint booster);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetFree")]
    private static partial int DatasetFree(nint set);
}
