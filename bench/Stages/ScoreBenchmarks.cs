using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Learning;
using CartRecovery.Engine.Scoring;

namespace CartRecovery.Bench.Stages;

/// <summary>Rows to scores: the shipped model on rows of real carts, a different part of them at each run.</summary>
[MemoryDiagnoser]
public class ScoreBenchmarks
{
    StageFixture _fixture = null!;
    TrainingSet _rows = null!;
    BatchScorer _scorer = null!;
    int _next;

    /// <summary>Rows in a run.</summary>
    [Params(1, 64, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _rows = PurchaseTrainingSet.From(_fixture.Log);
        _scorer = _fixture.Model.CreateScorer(Rows);
        if (!(Score() is > 0 and < 1))
        {
            throw new InvalidOperationException("the score is not a probability");
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _scorer.Dispose();
        _fixture.Dispose();
    }

    /// <returns>The last row's score.</returns>
    [Benchmark]
    public float Score()
    {
        for (var i = 0; i < Rows; i++)
        {
            _rows.Row(_next).CopyTo(_scorer.Row(i));
            _next = (_next + 1) % _rows.Count;
        }

        return _scorer.Score(Rows)[Rows - 1];
    }
}
