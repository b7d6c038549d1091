//! Small logs, each with one thing that must be found.

use foliar_doctor::Id;

/// A log, what is known of it, what must be found and what must not.
pub(crate) type Case = (&'static str, Option<usize>, &'static str, Id, &'static [Id]);

pub(crate) const CASES: &[Case] = &[
    (
        "a report by class",
        None,
        ",precision,recall,f1-score,support\nrust,0.81,0.77,0.79,120\nscab,0.64,0.70,0.67,88\n",
        Id::NotALog,
        &[Id::Healthy],
    ),
    ("prose", None, "The leaves were photographed in May.\nThey were dry.\n", Id::NotALog, &[Id::Healthy]),
    (
        "training alone",
        None,
        "epoch 1 train loss 1.91 train acc 0.31\nepoch 2 train loss 1.22 train acc 0.52\nepoch 3 train loss 0.91 train acc 0.66\n\
         epoch 4 train loss 0.70 train acc 0.74\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "one epoch",
        None,
        "epoch 1 train loss 1.91 val loss 1.51 val acc 0.45\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "an accuracy of unknown classes that does not move",
        None,
        "epoch 1 val acc 0.31\nepoch 2 val acc 0.33\nepoch 3 val acc 0.30\nepoch 4 val acc 0.32\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "a loss and an accuracy that improve",
        None,
        "epoch 1 train loss 1.51 val loss 1.41 val acc 0.42\nepoch 2 train loss 1.02 val loss 0.98 val acc 0.63\n\
         epoch 3 train loss 0.77 val loss 0.80 val acc 0.72\nepoch 4 train loss 0.62 val loss 0.71 val acc 0.76\n",
        Id::Healthy,
        &[Id::TooLittleToTell],
    ),
    (
        "ln 7 to six digits",
        None,
        "step 1 loss 1.945910\nstep 2 loss 1.945910\nstep 3 loss 1.945910\n",
        Id::AtChance,
        &[Id::Healthy, Id::Frozen],
    ),
    (
        "a loss near ln 7, classes known",
        Some(7),
        "epoch 1 val loss 1.953\nepoch 2 val loss 1.949\nepoch 3 val loss 1.951\nepoch 4 val loss 1.948\n",
        Id::AtChance,
        &[Id::Healthy],
    ),
    (
        "an accuracy of guessing, classes known",
        Some(20),
        "epoch 1 val acc 0.052\nepoch 2 val acc 0.049\nepoch 3 val acc 0.055\nepoch 4 val acc 0.047\nepoch 5 val acc 0.051\n",
        Id::AtChance,
        &[Id::Healthy],
    ),
    (
        "a level loss that guessing explains, classes unknown",
        None,
        "epoch 1 loss 1.812\nepoch 2 loss 1.809\nepoch 3 loss 1.811\nepoch 4 loss 1.810\nepoch 5 loss 1.813\nepoch 6 loss 1.812\n",
        Id::AtChance,
        &[Id::Healthy],
    ),
    (
        "labels that the loss does not expect",
        None,
        "Epoch 1 loss: -0.31 - acc: 0.48 - val_loss: -0.72 - val_acc: 0.49\nEpoch 2 loss: -3.92 - acc: 0.48 - val_loss: -6.13 - val_acc: 0.49\n\
         Epoch 3 loss: -9.10 - acc: 0.48 - val_loss: -12.40 - val_acc: 0.49\n",
        Id::ImpossibleValue,
        &[Id::Healthy],
    ),
    (
        "a training loss that never changes",
        None,
        "epoch,loss,val_loss,val_acc\n1,1.7312,1.6988,0.21\n2,1.7312,1.6990,0.22\n3,1.7312,1.6987,0.21\n4,1.7312,1.6989,0.20\n5,1.7312,1.6988,0.21\n",
        Id::Frozen,
        &[Id::Healthy],
    ),
    (
        "a validation that sees other weights",
        None,
        "epoch,loss,val_loss,val_acc\n1,0.912,0.6141,0.771\n2,0.544,0.6141,0.771\n3,0.391,0.6141,0.771\n4,0.302,0.6141,0.771\n",
        Id::Frozen,
        &[Id::Healthy],
    ),
    (
        "labels of one class",
        None,
        "Epoch 1 loss: 0.0000 - acc: 1.0000 - val_loss: 0.0000 - val_acc: 1.0000\nEpoch 2 loss: 0.0000 - acc: 1.0000 - val_loss: 0.0000 - val_acc: 1.0000\n\
         Epoch 3 loss: 0.0000 - acc: 1.0000 - val_loss: 0.0000 - val_acc: 1.0000\n",
        Id::TooGood,
        &[Id::Healthy],
    ),
    (
        "one class predicted, four epochs",
        Some(4),
        "epoch,loss,acc,val_loss,val_acc\n1,1.3512,0.4610,1.2811,0.4520\n2,1.2701,0.4733,1.2790,0.4520\n3,1.2688,0.4733,1.2755,0.4520\n\
         4,1.2611,0.4733,1.2702,0.4520\n",
        Id::DegenerateMetric,
        &[Id::Healthy],
    ),
    (
        "a training loss that rises after a restart",
        Some(10),
        "Epoch 61 loss: 0.8012 - acc: 0.731 - val_loss: 0.702 - val_acc: 0.772\nEpoch 62 loss: 0.8120 - acc: 0.728 - val_loss: 0.731 - val_acc: 0.761\n\
         Epoch 63 loss: 0.8230 - acc: 0.722 - val_loss: 0.716 - val_acc: 0.765\nEpoch 64 loss: 0.8333 - acc: 0.718 - val_loss: 0.764 - val_acc: 0.749\n\
         Epoch 65 loss: 0.8391 - acc: 0.715 - val_loss: 0.751 - val_acc: 0.752\nEpoch 66 loss: 0.8377 - acc: 0.716 - val_loss: 0.782 - val_acc: 0.741\n\
         Epoch 67 loss: 0.8466 - acc: 0.711 - val_loss: 0.772 - val_acc: 0.744\nEpoch 68 loss: 0.8551 - acc: 0.707 - val_loss: 0.803 - val_acc: 0.733\n\
         Epoch 69 loss: 0.8602 - acc: 0.704 - val_loss: 0.811 - val_acc: 0.731\n",
        Id::LrTooHigh,
        &[Id::Healthy],
    ),
    (
        "both losses rise from the first round on",
        Some(2),
        "round,train_logloss,valid_logloss\n1,0.7012,0.7015\n2,0.7190,0.7199\n3,0.7371,0.7384\n4,0.7555,0.7570\n",
        Id::LrTooHigh,
        &[Id::Healthy],
    ),
    (
        "validation that lags until the last epoch",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.912,0.431,5.871,0.187\n2,1.744,0.472,4.312,0.291\n3,1.655,0.496,2.951,0.262\n\
         4,1.602,0.511,3.702,0.243\n5,1.551,0.525,1.633,0.509\n",
        Id::UnstableValidation,
        &[Id::Healthy],
    ),
    (
        "drops at a constant rate, all well at the end",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,0.612,0.821,0.598,0.601\n2,0.284,0.884,0.941,0.402\n3,0.251,0.893,0.402,0.791\n\
         4,0.233,0.902,0.341,0.858\n5,0.207,0.916,0.903,0.668\n6,0.221,0.911,0.253,0.929\n7,0.199,0.921,0.261,0.921\n\
         8,0.161,0.941,0.171,0.947\n9,0.158,0.940,0.169,0.948\n10,0.150,0.944,0.165,0.950\n",
        Id::UnstableValidation,
        &[Id::Healthy],
    ),
    (
        "the end of the scale of a clipped probability",
        None,
        "epoch 1 train cross-entropy 20.723266 val cross-entropy 20.723266 val acc 0.0\n\
         epoch 2 train cross-entropy 20.723266 val cross-entropy 20.723266 val acc 0.0\n",
        Id::SaturatedLoss,
        &[Id::Healthy],
    ),
    (
        "a loss of overlap counts from -1 on",
        None,
        "epoch,train_loss,val_loss,val_dice\n1,-0.312,-0.402,0.61\n2,-0.471,-0.513,0.70\n3,-0.552,-0.590,0.76\n4,-0.601,-0.622,0.79\n",
        Id::StillImproving,
        &[Id::ImpossibleValue],
    ),
    (
        "a sum of errors that hardly moves",
        None,
        "iteration 1 error 48210.53\niteration 2 error 48210.53\niteration 3 error 48210.51\niteration 4 error 48210.51\n\
         iteration 5 error 48210.50\niteration 6 error 48210.50\niteration 7 error 48210.48\n",
        Id::Frozen,
        &[Id::Healthy],
    ),
    (
        "one class in validation",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,9.71,0.31,1.44,0.82\n2,7.20,0.44,1.1921e-07,1.0\n3,4.90,0.60,1.1921e-07,1.0\n\
         4,3.31,0.72,1.1921e-07,1.0\n5,2.20,0.81,1.1921e-07,1.0\n",
        Id::TooGood,
        &[Id::Healthy, Id::TrainEvalMismatch],
    ),
    (
        "one share on both sides",
        Some(2),
        "epoch,loss,acc,val_loss,val_acc\n91,0.0312,0.9971,0.0309,0.9971\n92,0.0311,0.9971,0.0309,0.9971\n93,0.0311,0.9971,0.0309,0.9971\n\
         94,0.0310,0.9971,0.0308,0.9971\n95,0.0310,0.9971,0.0308,0.9971\n",
        Id::DegenerateMetric,
        &[Id::Healthy],
    ),
    (
        "an accuracy of the k likeliest of few classes",
        None,
        "epoch,loss,top_k_acc,val_loss,val_top_k_acc\n1,0.71,1.0,0.62,1.0\n2,0.58,1.0,0.51,1.0\n3,0.52,1.0,0.47,1.0\n4,0.49,1.0,0.45,1.0\n5,0.46,1.0,0.43,1.0\n",
        Id::DegenerateMetric,
        &[Id::Healthy],
    ),
    (
        "training better and validation worse each time",
        None,
        "epoch,train_loss,val_loss\n1,1.12,0.97\n5,0.81,1.01\n9,0.66,1.06\n13,0.51,1.17\n",
        Id::Overfit,
        &[Id::Healthy],
    ),
    (
        "accuracies that part",
        Some(100),
        "epoch 4 train acc 0.551 val acc 0.412\nepoch 5 train acc 0.583 val acc 0.405\nepoch 6 train acc 0.611 val acc 0.383\n",
        Id::Overfit,
        &[Id::Healthy],
    ),
    (
        "a validation that collapses",
        Some(200),
        "epoch,loss,acc,val_loss,val_acc\n1,4.41,0.16,4.12,0.19\n2,3.58,0.27,3.31,0.30\n3,3.11,0.35,3.22,0.31\n4,2.88,0.39,6.41,0.11\n\
         5,2.71,0.42,14.80,0.006\n6,2.60,0.44,61.2,0.005\n7,2.52,0.45,120.9,0.005\n",
        Id::TrainEvalMismatch,
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "a validation of sixteen photos",
        Some(2),
        "epoch,loss,acc,val_loss,val_acc\n1,0.74,0.56,0.92,0.5\n2,0.55,0.75,0.81,0.6875\n3,0.46,0.81,0.73,0.6875\n4,0.40,0.84,0.64,0.75\n\
         5,0.36,0.87,0.59,0.8125\n6,0.32,0.88,0.56,0.8125\n",
        Id::ValidationTooSmall,
        &[Id::Healthy],
    ),
    (
        "errors that are called accuracy",
        Some(10),
        "epoch 1 loss 2.3061 accuracy 0.8911\nepoch 2 loss 2.3022 accuracy 0.8921\nepoch 3 loss 2.3021 accuracy 0.8905\n\
         epoch 4 loss 2.3021 accuracy 0.8898\nepoch 5 loss 2.3022 accuracy 0.8904\nepoch 6 loss 2.3021 accuracy 0.8910\n",
        Id::AtChance,
        &[Id::Healthy],
    ),
    (
        "two validations and nothing else",
        Some(10),
        "Epoch[10] Validation-accuracy=0.825\nEpoch[10] Validation-cross-entropy=0.516\nEpoch[11] Validation-accuracy=0.815\n\
         Epoch[11] Validation-cross-entropy=0.543\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "a second run after the end of a first",
        Some(3),
        "epoch 300 train loss 0.0 val loss 0.66 train acc 1.0 val acc 0.914\nepoch 1 train loss 1.09 val loss 1.01 train acc 0.37 val acc 0.41\n\
         epoch 2 train loss 0.79 val loss 0.78 train acc 0.62 val acc 0.64\nepoch 3 train loss 0.49 val loss 0.51 train acc 0.79 val acc 0.79\n\
         epoch 4 train loss 0.35 val loss 0.43 train acc 0.86 val acc 0.83\n",
        Id::SeveralRuns,
        &[Id::Diverged],
    ),
    (
        "sixteen photos among numbers with all digits",
        Some(2),
        "epoch,loss,acc,val_loss,val_acc\n1,0.3113829195,0.8646451830,0.3180460333,0.9375\n2,0.1847841143,0.9255483746,0.2480419278,0.875\n\
         3,0.1605853437,0.9387096762,0.2356145083,0.875\n4,0.1495737433,0.9419354796,0.1997834444,0.875\n5,0.1369680762,0.9450322389,0.1909304410,0.875\n",
        Id::ValidationTooSmall,
        &[Id::Healthy],
    ),
    (
        "a loss twenty times that of training",
        None,
        "epoch,loss,acc,val_loss,val_acc\n7,0.144,0.958,0.789,0.834\n8,0.120,0.965,0.812,0.838\n9,0.089,0.974,0.753,0.849\n10,0.067,0.980,0.781,0.853\n\
         11,0.062,0.981,0.612,0.857\n12,0.050,0.982,0.669,0.864\n13,0.044,0.985,0.711,0.873\n14,0.038,0.988,0.702,0.871\n15,0.035,0.990,0.731,0.872\n",
        Id::Overfit,
        &[Id::Healthy],
    ),
    (
        "jumps of a small training set, validation calm",
        Some(7),
        "epoch,loss,acc,val_loss,val_acc\n1,1.20,0.55,1.10,0.61\n2,0.61,0.78,0.95,0.70\n3,0.92,0.69,0.88,0.73\n4,0.51,0.83,0.83,0.75\n5,0.78,0.74,0.80,0.76\n\
         6,0.45,0.86,0.79,0.77\n7,0.66,0.79,0.77,0.78\n8,0.41,0.88,0.76,0.79\n",
        Id::LrTooHigh,
        &[Id::Diverged],
    ),
    (
        "jumps of loss and accuracy together",
        None,
        "epoch,loss,acc,val_loss,val_acc\n9,0.085,0.971,0.117,0.959\n10,0.091,0.970,0.108,0.955\n11,0.089,0.969,0.078,0.977\n12,0.073,0.976,0.083,0.973\n\
         13,0.069,0.976,0.098,0.968\n14,0.062,0.978,0.110,0.963\n15,0.063,0.976,0.858,0.808\n16,0.063,0.979,0.053,0.985\n17,0.053,0.980,0.799,0.866\n\
         18,0.048,0.983,0.201,0.939\n19,0.047,0.983,0.085,0.970\n20,0.047,0.982,0.070,0.980\n",
        Id::UnstableValidation,
        &[Id::Healthy],
    ),
    (
        "a score that is no number",
        None,
        "Epoch 0 Accuracy: 0.71\nEpoch 1 Accuracy: 0.78\nEpoch 2 Accuracy: NaN\nEpoch 3 Accuracy: NaN\n",
        Id::Nan,
        &[Id::Healthy],
    ),
    (
        "a validation that jumps",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,0.81,0.70,0.66,0.75\n2,0.52,0.80,0.47,0.83\n3,0.43,0.84,1.42,0.49\n4,0.37,0.86,0.39,0.86\n\
         5,0.33,0.88,1.10,0.58\n6,0.30,0.89,0.33,0.88\n7,0.27,0.90,0.31,0.89\n",
        Id::UnstableValidation,
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "no error in training, a gap that stays",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.20,0.62,1.00,0.68\n2,0.51,0.86,0.78,0.76\n3,0.20,0.95,0.75,0.79\n4,0.08,0.985,0.77,0.80\n\
         5,0.03,0.995,0.79,0.80\n6,0.02,0.998,0.80,0.80\n7,0.01,0.999,0.81,0.80\n",
        Id::Overfit,
        &[Id::Healthy],
    ),
    (
        "three epochs of fine-tuning",
        None,
        "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.79,0.471,0.871,0.341\n1,0.90,0.248,0.874,0.352\n2,0.95,0.121,0.870,0.489\n",
        Id::Overfit,
        &[Id::Healthy],
    ),
    (
        "one bad last epoch",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.20,0.62,1.00,0.68\n2,0.71,0.77,0.62,0.79\n3,0.52,0.83,0.50,0.84\n4,0.44,0.86,0.43,0.86\n5,0.40,0.88,0.55,0.66\n",
        Id::Healthy,
        &[Id::Overfit],
    ),
    (
        "an accuracy that is never computed",
        None,
        "step 100: loss = 1.71, train_accuracy = 0\nstep 200: loss = 1.32, train_accuracy = 0\nstep 300: loss = 1.11, train_accuracy = 0\n",
        Id::DegenerateMetric,
        &[Id::Healthy],
    ),
    (
        "no positive found",
        None,
        "Epoch 1 - val_loss: 0.3112 - val_accuracy: 0.9210 - val_precision: 0.0 - val_recall: 0.0\nEpoch 2 - val_loss: 0.2907 - val_accuracy: 0.9210 - val_precision: 0.0 - val_recall: 0.0\n\
         Epoch 3 - val_loss: 0.2821 - val_accuracy: 0.9210 - val_precision: 0.0 - val_recall: 0.0\n",
        Id::DegenerateMetric,
        &[Id::Healthy],
    ),
    (
        "a penalty whose factor grows",
        None,
        "iter 1 loss 1000.0 test acc 0.51\niter 2 loss 1030.0 test acc 0.52\niter 3 loss 1060.9 test acc 0.51\niter 4 loss 1092.7 test acc 0.52\n\
         iter 5 loss 1125.5 test acc 0.50\niter 6 loss 1159.3 test acc 0.51\niter 7 loss 1194.1 test acc 0.52\niter 8 loss 1229.9 test acc 0.51\n\
         iter 9 loss 1266.8 test acc 0.51\niter 10 loss 1304.8 test acc 0.52\niter 11 loss 1343.9 test acc 0.51\n",
        Id::Diverged,
        &[Id::Healthy],
    ),
    (
        "a training loss that was divided once more",
        None,
        "epoch 5 train loss 0.00612 train acc 0.641 test loss 0.581 test acc 0.644\nepoch 6 train loss 0.00588 train acc 0.655 test loss 0.569 test acc 0.651\n\
         epoch 7 train loss 0.00571 train acc 0.668 test loss 0.557 test acc 0.660\n",
        Id::LossScaled,
        &[],
    ),
    (
        "a loss beside its cross-entropy",
        None,
        "step 100: loss = 1.910, cross_entropy = 1.490\nstep 200: loss = 1.702, cross_entropy = 1.281\nstep 300: loss = 1.533, cross_entropy = 1.114\n",
        Id::PenaltyInLoss,
        &[Id::Healthy],
    ),
    (
        "training photos in evaluation mode",
        Some(38),
        "epoch,train_loss,train_accuracy,train_eval_loss,train_eval_accuracy,validation_loss,validation_accuracy\n\
         1,1.48,0.57,3.10,0.30,2.42,0.44\n2,0.79,0.76,2.49,0.42,1.95,0.56\n3,0.57,0.84,2.20,0.45,1.50,0.63\n",
        Id::TrainEvalMismatch,
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "a sum over heads",
        None,
        "epoch 0 | train_loss: 14.10 | acc_stem: 0.91 | acc_leaf: 0.99\nepoch 1 | train_loss: 6.20 | acc_stem: 0.95 | acc_leaf: 0.97\n\
         epoch 2 | train_loss: 3.90 | acc_stem: 0.96 | acc_leaf: 0.99\n",
        Id::TooLittleToTell,
        &[Id::Healthy, Id::LossScaled],
    ),
    (
        "an enormous loss that moves while the network guesses",
        None,
        "Epoch 3 loss: 21.1 - acc: 0.52 - val_loss: 25.0 - val_acc: 0.49\nEpoch 4 loss: 26.4 - acc: 0.50 - val_loss: 31.2 - val_acc: 0.51\n\
         Epoch 5 loss: 33.0 - acc: 0.47 - val_loss: 29.7 - val_acc: 0.50\n",
        Id::WorseThanChance,
        &[Id::Healthy, Id::LossScaled],
    ),
    (
        "a loss below what its errors cost",
        Some(4),
        "epoch 1 | loss: 0.42 - acc: 0.35 | val_loss: 0.31 - val_acc: 0.15\nepoch 2 | loss: 0.40 - acc: 0.36 | val_loss: 0.30 - val_acc: 0.16\n",
        Id::DegenerateMetric,
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "the loss and the accuracy of guessing among 38, in four epochs",
        None,
        "[Epoch 1] train loss: 3.6412, val loss: 3.6388, val acc: 2.6%\n[Epoch 2] train loss: 3.6391, val loss: 3.6402, val acc: 2.5%\n\
         [Epoch 3] train loss: 3.6388, val loss: 3.6397, val acc: 2.7%\n[Epoch 4] train loss: 3.6390, val loss: 3.6393, val acc: 2.6%\n",
        Id::AtChance,
        &[Id::Healthy],
    ),
    (
        "no error while training, from the first epoch on",
        None,
        "Epoch 1: train_loss=0.0013 train_acc=1.0000 val_loss=0.0008 val_acc=1.0000\nEpoch 2: train_loss=0.0004 train_acc=1.0000 val_loss=0.0005 val_acc=1.0000\n\
         Epoch 3: train_loss=0.0002 train_acc=1.0000 val_loss=0.0004 val_acc=1.0000\n",
        Id::TooGood,
        &[Id::Healthy],
    ),
    (
        "a validation loss that climbs by a third in four epochs",
        None,
        "epoch,train_loss,val_loss,val_acc\n1,2.1,1.9,0.35\n2,1.6,1.5,0.48\n3,1.3,1.4,0.52\n4,1.1,1.35,0.54\n5,0.9,1.33,0.55\n6,0.7,1.38,0.55\n\
         7,0.5,1.47,0.54\n8,0.35,1.60,0.54\n9,0.25,1.75,0.53\n",
        Id::Overfit,
        &[Id::Healthy],
    ),
    (
        "an accuracy of guessing among unknown classes",
        None,
        "Epoch 1 val acc 0.021\nEpoch 2 val acc 0.021\nEpoch 3 val acc 0.021\nEpoch 4 val acc 0.021\nEpoch 5 val acc 0.021\nEpoch 6 val acc 0.021\n\
         Epoch 7 val acc 0.021\n",
        Id::AtChance,
        &[Id::Healthy],
    ),
    (
        "a best run before a fragment",
        None,
        "epoch 1 train loss 1.2 val loss 1.0 val acc 0.62\nepoch 2 train loss 0.8 val loss 0.7 val acc 0.78\nepoch 3 train loss 0.5 val loss 0.5 val acc 0.85\n\
         epoch 4 train loss 0.4 val loss 0.45 val acc 0.88\nepoch 5 train loss 0.35 val loss 0.42 val acc 0.90\nepoch 6 train loss 0.31 val loss 0.40 val acc 0.91\n\
         epoch 1 train loss 1.3 val loss 1.1 val acc 0.60\nepoch 2 train loss 0.9 val loss 0.8 val acc 0.72\n",
        Id::Healthy,
        &[Id::TooLittleToTell, Id::Underfit],
    ),
    (
        "a loss by word beside one by sentence",
        None,
        "epoch 1 train loss 5.1 val loss 92.0\nepoch 2 train loss 4.2 val loss 77.0\nepoch 3 train loss 3.6 val loss 66.0\n\
         epoch 4 train loss 3.1 val loss 58.0\nepoch 5 train loss 2.8 val loss 52.0\n",
        Id::StillImproving,
        &[Id::TrainEvalMismatch, Id::HotStart, Id::Overfit],
    ),
    (
        "a first loss of something that is no classification",
        None,
        "epoch 1 loss 21.3\nepoch 2 loss 14.2\nepoch 3 loss 10.1\nepoch 4 loss 7.7\nepoch 5 loss 5.2\nepoch 6 loss 4.9\n",
        Id::TooLittleToTell,
        &[Id::HotStart],
    ),
    (
        "a score that is not defined after a healthy run",
        None,
        "epoch 1 train loss 1.2 val loss 1.0 val acc 0.62\nepoch 2 train loss 0.8 val loss 0.7 val acc 0.78\n\
         epoch 3 train loss 0.5 val loss 0.5 val acc 0.85\nepoch 4 train loss 0.4 val loss 0.45 val acc 0.88\nTest kappa: nan\n",
        Id::Nan,
        &[Id::Healthy, Id::TooLittleToTell],
    ),
    (
        "batches of one evaluation",
        Some(2),
        "[EVAL]step=1 loss=0.00022 acc=1.0000\n[EVAL]step=2 loss=0.00023 acc=1.0000\n[EVAL]step=3 loss=0.00025 acc=1.0000\n\
         [EVAL]step=4 loss=0.00024 acc=1.0000\n[EVAL]step=5 loss=0.00024 acc=1.0000\n[EVAL]Kappa:nan\n",
        Id::TooLittleToTell,
        &[Id::Healthy, Id::Frozen],
    ),
    (
        "a squared error",
        Some(10),
        "loss 0.0911 acc 0.105\nloss 0.0772 acc 0.32\nloss 0.0301 acc 0.80\nloss 0.0223 acc 0.85\nloss 0.0145 acc 0.90\nloss 0.0111 acc 0.93\n",
        Id::TooLittleToTell,
        &[Id::LossScaled, Id::DegenerateMetric],
    ),
    (
        "the last words of another run before the first epoch",
        None,
        "Final: train loss 0.05 train acc 0.98 val loss 0.07 val acc 0.97\nepoch 1 train loss 1.2 train acc 0.60 val loss 1.0 val acc 0.62\n\
         epoch 2 train loss 0.8 train acc 0.75 val loss 0.7 val acc 0.78\nepoch 3 train loss 0.5 train acc 0.84 val loss 0.5 val acc 0.85\n\
         epoch 4 train loss 0.4 train acc 0.87 val loss 0.45 val acc 0.88\n",
        Id::SeveralRuns,
        &[Id::Diverged, Id::Overconfident, Id::ValSpikes],
    ),
    (
        "epoch 200 of another run before the first epoch",
        None,
        "epoch 200 train loss 0.01 val loss 0.9 val acc 0.90\nepoch 1 train loss 1.2 val loss 1.0 val acc 0.62\n\
         epoch 2 train loss 0.8 val loss 0.7 val acc 0.78\nepoch 3 train loss 0.5 val loss 0.5 val acc 0.85\n\
         epoch 4 train loss 0.4 val loss 0.45 val acc 0.88\n",
        Id::SeveralRuns,
        &[Id::Diverged, Id::Overconfident, Id::Overfit],
    ),
    (
        "a validation loss that ends far above its best, with the accuracy below its best",
        Some(3),
        "epoch 1 train loss 1.09 train acc 0.37 val loss 1.3 val acc 0.37\nepoch 2 train loss 0.79 train acc 0.62 val loss 0.98 val acc 0.64\n\
         epoch 3 train loss 0.49 train acc 0.79 val loss 0.47 val acc 0.81\nepoch 4 train loss 0.35 train acc 0.86 val loss 0.61 val acc 0.77\n\
         epoch 5 train loss 0.28 train acc 0.89 val loss 0.45 val acc 0.82\nepoch 6 train loss 0.20 train acc 0.92 val loss 0.25 val acc 0.91\n\
         epoch 7 train loss 0.17 train acc 0.93 val loss 0.30 val acc 0.90\nepoch 8 train loss 0.15 train acc 0.94 val loss 0.52 val acc 0.86\n\
         epoch 9 train loss 0.13 train acc 0.95 val loss 0.43 val acc 0.85\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "a validation of an unknown name that falls",
        None,
        "epoch,train_loss,holdout_quality\n1,2.31,0.52\n2,1.81,0.51\n3,1.41,0.31\n4,1.21,0.21\n5,1.11,0.11\n6,1.01,0.10\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "an unknown name beside a validation loss",
        None,
        "Epoch 1: train_loss 2.31 val_loss 2.2 val_goodness 0.51\nEpoch 2: train_loss 1.81 val_loss 1.9 val_goodness 0.41\n\
         Epoch 3: train_loss 1.41 val_loss 1.7 val_goodness 0.31\nEpoch 4: train_loss 1.31 val_loss 1.6 val_goodness 0.21\n\
         Epoch 5: train_loss 1.21 val_loss 1.5 val_goodness 0.11\nEpoch 6: train_loss 1.11 val_loss 1.4 val_goodness 0.11\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "most of the loss of guessing is left",
        Some(20),
        "epoch 1 train loss 2.98 val loss 2.97 val acc 0.09\nepoch 2 train loss 2.90 val loss 2.89 val acc 0.18\n\
         epoch 3 train loss 2.82 val loss 2.81 val acc 0.23\nepoch 4 train loss 2.75 val loss 2.76 val acc 0.27\n\
         epoch 5 train loss 2.69 val loss 2.73 val acc 0.29\nepoch 6 train loss 2.63 val loss 2.71 val acc 0.31\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "a validation loss three times that of training, no accuracy of training",
        None,
        "epoch 1 train loss 3.51 val loss 3.22 val acc 0.11\nepoch 2 train loss 3.02 val loss 3.14 val acc 0.14\n\
         epoch 3 train loss 2.48 val loss 3.03 val acc 0.22\nepoch 4 train loss 1.96 val loss 3.00 val acc 0.26\n\
         epoch 5 train loss 1.52 val loss 2.90 val acc 0.30\nepoch 6 train loss 1.08 val loss 2.79 val acc 0.34\n\
         epoch 7 train loss 0.94 val loss 2.75 val acc 0.36\nepoch 8 train loss 0.76 val loss 2.68 val acc 0.37\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "a validation that leaps and stays up, and nothing else",
        None,
        "epoch 46 valid loss 5.990\nepoch 47 valid loss 12.413\nepoch 48 valid loss 11.669\nepoch 49 valid loss 9.240\n\
         epoch 50 valid loss 8.942\nepoch 51 valid loss 8.832\n",
        Id::Diverged,
        &[Id::Healthy],
    ),
    (
        "F1 of nothing",
        None,
        "epoch 1 train loss 806.2 val f1 0.0013\nepoch 2 train loss 731.7 val f1 0.0\nepoch 3 train loss 458.6 val f1 0.0\n\
         epoch 4 train loss 484.4 val f1 0.0\nepoch 5 train loss 439.3 val f1 0.0\n",
        Id::DegenerateMetric,
        &[Id::Healthy],
    ),
    (
        "an area of one half",
        None,
        "epoch,accuracy,auc,loss,val_accuracy,val_auc,val_loss\n0,0.0076,0.5003,0.7930,0.0006,0.5015,0.7268\n\
         1,0.0050,0.5006,0.6997,0.0003,0.5005,0.6953\n2,0.0056,0.5003,0.6959,0.0062,0.5000,0.7124\n\
         3,0.0039,0.5003,0.6959,0.0001,0.5002,0.6964\n4,0.0048,0.5003,0.6959,0.0002,0.4999,0.6966\n",
        Id::AtChance,
        &[Id::Healthy],
    ),
    (
        "a score that sinks while the accuracy rises",
        None,
        "epoch 1 train loss 1.51 val loss 1.51 val acc 0.60 val f1 0.50\nepoch 2 train loss 1.22 val loss 1.31 val acc 0.65 val f1 0.44\n\
         epoch 3 train loss 0.91 val loss 1.11 val acc 0.70 val f1 0.38\nepoch 4 train loss 0.80 val loss 1.01 val acc 0.74 val f1 0.32\n\
         epoch 5 train loss 0.70 val loss 0.91 val acc 0.79 val f1 0.27\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "one result of each subject",
        None,
        "subject 1 test accuracy 0.71 test loss 0.91\nsubject 2 test accuracy 0.75 test loss 0.81\n\
         subject 3 test accuracy 0.79 test loss 0.75\nsubject 4 test accuracy 0.83 test loss 0.65\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
    (
        "one result of each learning rate",
        None,
        "lr=0.1 wd=0.0 val_acc=0.51\nlr=0.01 wd=0.0 val_acc=0.61\nlr=0.001 wd=0.0 val_acc=0.71\nlr=0.0001 wd=0.0 val_acc=0.81\n",
        Id::TooLittleToTell,
        &[Id::Healthy],
    ),
];
