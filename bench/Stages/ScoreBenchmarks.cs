using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Scoring;

namespace CartRecovery.Bench.Stages;

/// <summary>Scores rows of real carts with the shipped model, different rows on each run, with the engine's own evaluator
/// and with ONNX Runtime.</summary>
[MemoryDiagnoser]
public class ScoreBenchmarks
{
    StageFixture _fixture = null!;
    TrainingSet _rows = null!;
    BatchScorer _compiled = null!;
    BatchScorer _runtime = null!;
    int _next;

    /// <summary>Rows per run.</summary>
    [Params(1, 64, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _rows = PurchaseTrainingSet.From(_fixture.Log);
        _compiled = _fixture.Model.CreateScorer(Rows);
        _runtime = _fixture.Model.CreateRuntimeScorer(Rows);
        for (var i = 0; i < 1000; i++)
        {
            var from = _next;
            var compiled = Score(_compiled);
            _next = from;
            var difference = Math.Abs(compiled - Score(_runtime));
            if (!(compiled is > 0 and < 1) || difference > 1e-6f)
            {
                throw new InvalidOperationException($"the scores differ by {difference}");
            }
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _compiled.Dispose();
        _runtime.Dispose();
        _fixture.Dispose();
    }

    /// <returns>The last row's score.</returns>
    [Benchmark(Baseline = true)]
    public float OnnxRuntime() => Score(_runtime);

    /// <returns>The last row's score.</returns>
    [Benchmark]
    public float Compiled() => Score(_compiled);

    float Score(BatchScorer scorer)
    {
        for (var i = 0; i < Rows; i++)
        {
            _rows.Row(_next).CopyTo(scorer.Row(i));
            _next = (_next + 1) % _rows.Count;
        }

        return scorer.Score(Rows)[Rows - 1];
    }
}
